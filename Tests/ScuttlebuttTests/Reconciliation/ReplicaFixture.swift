// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// A replica with everything that it asked for.
final class ReplicaFixture<Value: Replicated> {
    var replica: Replica<Value, LamportGenerator>
    var effects = ReplicaEffects<Value.Change>(describesChanges: true)

    init(_ name: String, _ value: Value, sizeLimit: Int = 1 << 30) throws {
        replica = Replica(
            value, source: try #require(Source(name)), wire: ClassicWire(rules: .upstream),
            generator: LamportGenerator(), sizeLimit: sizeLimit)
    }

    /// Writes `["k",<value>]`; it stays here until it is committed.
    func write(_ value: String, key: String = "k") throws -> Update {
        try replica.write(
            Array("[\"\(key)\",\(value)]".utf8), wallClock: 0, changes: &effects.changes)
    }

    func commit(_ update: Update) { replica.commit(update, into: &effects) }

    func receive(_ message: Message, from peer: PeerID) {
        replica.receive(message, from: peer, into: &effects)
    }

    func receive(digest: String, from peer: PeerID) throws {
        let clock = try #require(VersionVector(digest))
        receive(.digest(Digest(source: nil, clock: clock)), from: peer)
    }

    func said(_ peer: PeerID) -> [String] {
        var result: [String] = []
        while let (outgoing, _) = replica.pull(peer, limit: .unlimited) {
            let block =
                outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block
            result += lines(block)
        }
        return result
    }
}

extension ReplicaFixture where Value == UpdateLog {
    var stamps: [Double] { replica.value.history(since: VersionVector()).map(\.timestamp.value) }
}

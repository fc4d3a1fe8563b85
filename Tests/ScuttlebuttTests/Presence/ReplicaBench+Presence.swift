// SPDX-License-Identifier: MIT

import Testing

@testable import Scuttlebutt

/// A line as a peer writes it.
func here(_ source: String, _ value: String, _ sequence: Int, _ lifetime: Int = 30)
    -> String
{
    var line: [UInt8] = []
    JSONString.encode(Array("HERE \(sequence) \(lifetime) \(value) \(source)".utf8), into: &line)
    return String(decoding: line, as: UTF8.self)
}

extension ReplicaBench where Value == UpdateLog {
    /// A session that is past its handshake with a peer that sends probes.
    func understanding() -> PeerID {
        let peer = replica.open()
        receive([.probe, .digest(Digest(source: nil, vector: VersionVector())), .sync], peer)
        // What is said of presence stays to be said.
        while let outgoing = pull(peer), !lines(of: outgoing).contains("\"SYNC\"") {}
        return peer
    }

    func present(
        _ value: String?, lifetime: Int = PresenceNews.usualLifetime, wallClock: Double = 1_000
    ) throws {
        try replica.setPresence(
            value.map { Array($0.utf8) }, lifetime: lifetime, wallClock: wallClock, into: &effects)
    }

    func receive(line: String, from peer: PeerID) {
        var decoder = LineDecoder(wire: replica.configuration.wire)
        do {
            handle(.received(peer, [IncomingLine(try decoder.decode(Array(line.utf8)))]))
        } catch {
            Issue.record("\(line): \(error)")
        }
    }

    /// The timers that have been started and not fired.
    var runningTimers: [String] {
        let table = replica.gossip.presence
        return (table.tickTimer == nil ? [] : ["second"])
            + (table.roundTimer == nil ? [] : ["round"])
    }

    private func fire(_ generation: Int?) {
        guard let timer = timers.first(where: { $0.generation == generation }) else { return }
        handle(.timerFired(timer))
    }

    func tick() { fire(replica.gossip.presence.tickTimer) }
    func endRound() { fire(replica.gossip.presence.roundTimer) }

    var presences: [[String]] {
        effects.compactMap { effect in
            if case .presence(let sources) = effect { sources.map(\.text) } else { nil }
        }
    }

    /// The values of the others that are here.
    var here: [String: String] {
        var values: [String: String] = [:]
        for news in replica.gossip.presence.others {
            values[news.source.text] = String(decoding: news.value ?? [], as: UTF8.self)
        }
        return values
    }
}

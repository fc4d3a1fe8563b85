// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The replica of one peer, with the wall clock of the upstream types.
public struct ReplicaPeer<Value: Replicated, Observed: Equatable & Sendable>: SimulatedPeer {
    /// The replica that makes the decisions.
    public var replica: Replica<Value>
    private let program: ReplicaProgram<Value, Observed>

    init(_ program: ReplicaProgram<Value, Observed>, _ traits: PeerTraits) {
        var configuration = ReplicaConfiguration()
        configuration.wire = program.wire
        configuration.savesUpdates = traits.saves
        configuration.verifies = traits.verifies
        replica = Replica(
            program.make(traits.source), source: traits.source, configuration: configuration)
        self.program = program
    }

    /// Prepares a write to the current value.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? {
        var random = SplitMix64(seed: number)
        return program.writing(replica.value, &random)
    }

    /// Writes; other peers get the update once it is saved, or at once without a disk.
    public mutating func write(
        _ payload: Payload, wallClock milliseconds: Double,
        into effects: inout [ReplicaEffect<Value.Change>]
    ) -> Update? {
        try? replica.write(payload, wallClock: milliseconds, into: &effects)
    }

    /// Returns `false`: a data type has no local-only writes.
    public mutating func writeLocally(_ payload: Payload) -> Bool { false }

    /// Does nothing: a value shows what it accepted at once.
    public mutating func fold(_ updates: [Update]) -> Int { 0 }

    /// Does nothing: a data type has no versions.
    public mutating func upgrade() {}

    /// The updates that the value sends to a peer that has nothing.
    public var retained: [Update] {
        replica.value.history(since: VersionVector()).filter { replica.gossip.covers($0.stamp) }
            .sorted { $0.stamp < $1.stamp }
    }

    /// The observed part of the value.
    public var observed: Observed { program.observe(replica.value) }

    /// Returns how the history, whole or in pieces, differs from what the value shows, if it does.
    public func brokenLaw() -> String? {
        let history = replica.value.history(since: VersionVector())
        var whole = program.make(ReplicaProgram<Value, Observed>.stranger)
        for update in history where whole.apply(update) != .applied {
            return "its own type refuses \(update.stamp.text) of its history"
        }
        if program.observe(whole) != observed {
            return "its history makes \(program.observe(whole)) where it is \(observed)"
        }
        var (known, pieces) = (VersionVector(), [Update]())
        while pieces.count <= history.count {
            let piece = replica.value.delta(since: known, limit: DeltaLimit(updates: 3))
            if piece.isEmpty { break }
            for update in piece { known.advance(update.source, to: update.timestamp) }
            pieces += piece
        }
        guard
            pieces.sorted(by: { $0.stamp < $1.stamp })
                == history.sorted(by: { $0.stamp < $1.stamp })
        else {
            return "its history in pieces has \(pieces.count) of \(history.count) updates"
        }
        return nil
    }

    /// Returns `nil`: a replica has no counts of its own.
    public func brokenInvariant(foldedCount: Int) -> String? { nil }
}

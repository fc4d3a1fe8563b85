// SPDX-License-Identifier: MIT

public import Rewind
public import Scuttlebutt

/// The log and the history of one peer.
public struct StorePeer<State: Equatable & Sendable, Action: Sendable>: SimulatedPeer {
    /// The replica that makes the decisions.
    public var replica: Replica<UpdateLog>
    /// The history that folds the actions.
    public internal(set) var history: History<State, Action>
    let program: StoreProgram<State, Action>
    private(set) var isNew: Bool
    /// What it does because its memory is only a cache of its disk; `nil` if it is not.
    var tiers: PeerTiers<State, Action>?

    init(_ program: StoreProgram<State, Action>, _ traits: PeerTraits) {
        var configuration = ReplicaConfiguration.actions
        configuration.savesUpdates = traits.saves
        configuration.verifies = traits.verifies
        configuration.heldUpdateLimit = traits.limits.held
        replica = Replica(UpdateLog(), source: traits.source, configuration: configuration)
        history = History(
            base: program.initial, reducer: HistoryReducer(reporting: program.reduce),
            spacing: traits.limits.spacing)
        self.program = program
        isNew = traits.isNew
        if traits.memory > 0 { tiers = PeerTiers(traits) }
    }

    /// Dispatches an action: the replica stamps it, and the history folds it at once.
    public mutating func write(
        _ payload: Payload, wallClock milliseconds: Double,
        into effects: inout [ReplicaEffect<Update>]
    ) -> Update? {
        guard let checked = try? replica.configuration.wire.check(payload),
            let timestamp = try? replica.stamp(checked, into: &effects)
        else { return nil }
        let update = Update(payload: payload, timestamp: timestamp, source: replica.source)
        if tiers != nil {
            let entries = entries(of: [update])
            tiers?.record(entries)
        }
        if let action = program.decode(payload, isNew) {
            history.insert(action, at: timestamp, from: replica.source)
        } else {
            history.insert(nil, at: update.stamp)
        }
        return update
    }

    /// Folds a local-only action.
    public mutating func writeLocally(_ payload: Payload) -> Bool {
        guard let action = program.decode(payload, isNew) else { return false }
        if tiers != nil {
            let entry = HistoryEntry(local: action, anchor: history.newest)
            tiers?.record([entry])
        }
        history.appendLocal(action)
        return true
    }

    /// Merges a batch into the history; an action that cannot be decoded keeps its place.
    public mutating func fold(_ updates: [Update]) -> Int {
        let batch = entries(of: updates)
        if tiers != nil { tiers?.record(batch) }
        return history.merge(batch).duplicates.count
    }

    func entries(of updates: [Update]) -> [HistoryEntry<Action>] {
        // Not the whole peer for each of them.
        let (program, isNew) = (program, isNew)
        return updates.map { HistoryEntry(program.decode($0.payload, isNew), at: $0.stamp) }
    }

    /// Decodes the unknown actions again; a peer with a limited memory starts again instead.
    public mutating func upgrade() {
        isNew = true
        let (replica, program) = (replica, program)
        history.updateUnknown { stamp in
            replica.value.update(at: stamp).flatMap { program.decode($0.payload, true) }
        }
    }

    /// The released part of the log that is in memory.
    public var retained: [Update] {
        replica.value.delta(since: VersionVector()).filter { gossip.covers($0.stamp) }
    }

    /// The folded state.
    public var observed: State { history.current }

    /// Checks that the history has exactly the folded actions, and few snapshots.
    public func brokenInvariant(foldedCount: Int) -> String? {
        guard tiers == nil ? history.gossipedCount == foldedCount : hasAll(of: foldedCount) else {
            return "the history has \(history.gossipedCount) actions and was given \(foldedCount)"
        }
        // The base, the newest, a pinned one, and two per doubling.
        let bound = 2 * (Int.bitWidth - history.entries.count.leadingZeroBitCount) + 4
        guard history.snapshotCount <= bound else {
            return "the history keeps \(history.snapshotCount) snapshots"
        }
        return nil
    }
}

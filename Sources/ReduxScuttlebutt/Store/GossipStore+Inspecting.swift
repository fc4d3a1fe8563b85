// SPDX-License-Identifier: MIT

import Redux
public import Rewind
public import Scuttlebutt
public import ScuttlebuttRuntime

extension GossipStore {
    /// All gossiped actions in agreed order, including unknown ones, without local-only ones.
    ///
    /// - Complexity: O(n) for each access.
    public var history: [HistoryView<Action>.Record] {
        // Old actions are decoded for it, so not under the lock.
        let gossiped = inner.withState { $0.history.gossiped }
        return gossiped.compactMap { entry in
            entry.stamp.map { HistoryView<Action>.Record(stamp: $0, action: entry.action) }
        }
    }

    /// Returns the newest gossiped actions in agreed order, each with the state right after it.
    ///
    /// This is the original's `getStateHistory`, for developer tools.
    ///
    /// - Parameter limit: The most actions to return; default 100.
    /// - Complexity: For each action, a copy of a snapshot and a replay from it: at worst O(limit²)
    ///   calls of the reducer. They work on a copy of the history, so that nothing waits for them.
    public func stateHistory(limit: Int = 100) -> [StateRecord<State, Action>] {
        let history = inner.withState { $0.history }
        // From the newest on, because old actions would be decoded for nothing.
        var newest: [HistoryEntry<Action>] = []
        for entry in history.entries.reversed() {
            guard newest.count < limit else { break }
            if !entry.isLocal { newest.append(entry) }
        }
        return newest.reversed().compactMap { entry in
            guard let stamp = entry.stamp, let state = history.state(at: stamp) else { return nil }
            return StateRecord(
                stamp: stamp, action: entry.action, outcome: entry.outcome, state: state)
        }
    }

    /// The present state of the store for developer tools: the program's state, without the history
    /// from which it is folded, and some numbers.
    public var present: PresentState<State> {
        let status = dispatcher.status
        return inner.withState { state in
            PresentState(
                state: state.history.current, newest: state.history.newest,
                actions: state.history.gossipedCount, localActions: state.history.localCount,
                unknownActions: state.history.unknownCount,
                snapshots: state.history.snapshotCount,
                reducerCalls: state.history.reducerCalls, status: status)
        }
    }
}

/// One action of the history with the state right after it.
public struct StateRecord<State: Sendable, Action: Sendable>: Sendable {
    /// The position of the action in the agreed order.
    public let stamp: Stamp
    /// The decoded action, or `nil` if this build does not know its type.
    public let action: Action?
    /// The outcome of folding it.
    public let outcome: HistoryEntry<Action>.Outcome
    /// The state right after it, which a late action may change.
    public let state: State
}

/// The present state of a gossiping store, for developer tools.
public struct PresentState<State: Sendable>: Sendable {
    /// The program's state.
    public let state: State
    /// The newest stamp, or `nil` before the first gossiped action.
    public let newest: Stamp?
    /// The number of gossiped actions.
    public let actions: Int
    /// The number of local-only actions.
    public let localActions: Int
    /// The number of gossiped actions that this build does not know.
    public let unknownActions: Int
    /// The number of states kept to rewind to.
    public let snapshots: Int
    /// The number of calls of the reducer for this history.
    public let reducerCalls: Int
    /// The status of the store with respect to its peers.
    public let status: ReplicaStatus
}

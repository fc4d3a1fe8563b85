// SPDX-License-Identifier: MIT

import Redux
public import Rewind
public import Scuttlebutt
public import ScuttlebuttRuntime

extension GossipStore {
    /// All gossiped actions in agreed order, the unknown ones too.
    ///
    /// Local-only actions are in no history that is shown.
    ///
    /// - Complexity: O(n), at each look.
    public var history: [HistoryView<Action>.Record] {
        inner.withState { timeline in
            timeline.history.gossiped.compactMap { entry in
                entry.stamp.map { HistoryView<Action>.Record(stamp: $0, action: entry.action) }
            }
        }
    }

    /// The newest gossiped actions in agreed order, each with the state right after it: the
    /// original's `getStateHistory`, for developer tools.
    ///
    /// - Parameter limit: How many; default 100.
    /// - Complexity: For each of them a copy of a snapshot and a replay from it: O(limit²) calls of
    ///   the reducer at the worst, on a copy of the history, so that nobody waits for it.
    public func stateHistory(limit: Int = 100) -> [StateRecord<State, Action>] {
        let history = inner.withState { $0.history }
        let entries = history.gossiped.suffix(max(0, limit))
        return entries.compactMap { entry in
            guard let stamp = entry.stamp, let state = history.state(at: stamp) else { return nil }
            return StateRecord(
                stamp: stamp, action: entry.action, outcome: entry.outcome, state: state)
        }
    }

    /// What developer tools show of the store now: the program's state and not the history that it
    /// is folded from, with the numbers beside it.
    public var present: PresentState<State> {
        let status = dispatcher.status
        return inner.withState { timeline in
            PresentState(
                state: timeline.history.current, newest: timeline.history.newest,
                actions: timeline.history.gossipedCount, localActions: timeline.history.localCount,
                unknownActions: timeline.history.unknownCount,
                snapshots: timeline.history.snapshotCount,
                reducerCalls: timeline.history.reducerCalls, status: status)
        }
    }
}

/// One action of the history with the state right after it.
public struct StateRecord<State: Sendable, Action: Sendable>: Sendable {
    /// The action's place in the order.
    public let stamp: Stamp
    /// The decoded action, or `nil` when this build does not know its type.
    public let action: Action?
    /// What became of it.
    public let outcome: HistoryEntry<Action>.Outcome
    /// The state after it, as it is folded now; an action that arrives late may change it.
    public let state: State
}

/// The present of a gossiping store, for developer tools.
public struct PresentState<State: Sendable>: Sendable {
    /// The program's state.
    public let state: State
    /// The newest stamp, or `nil` before the first gossiped action.
    public let newest: Stamp?
    /// How many gossiped actions there are.
    public let actions: Int
    /// How many local-only actions there are.
    public let localActions: Int
    /// How many gossiped actions this build does not know.
    public let unknownActions: Int
    /// How many states are kept to rewind to.
    public let snapshots: Int
    /// How often the reducer has run for this history.
    public let reducerCalls: Int
    /// How the store stands with its peers.
    public let status: ReplicaStatus
}

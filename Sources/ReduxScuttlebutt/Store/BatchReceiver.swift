// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt

/// Folds the updates from others into the inner store, with one notification per batch.
struct BatchReceiver<State: Sendable, Action: Sendable>: Sendable {
    let inner: any StoreProtocol<InnerState<State, Action>, InnerAction<State, Action>>
    let work: BatchWork<State, Action>
    let replay: BackgroundReplay<State, Action>
    let folding: FoldingThread
    let report: (@Sendable (GossipEvent) -> Void)?

    /// Decodes and folds a batch; an action that cannot be decoded keeps its place and is skipped.
    ///
    /// - Parameter mayReplayInBackground: Whether a long replay may work on a copy.
    func apply(_ updates: [Update], mayReplayInBackground: Bool = true) {
        guard !updates.isEmpty else { return }
        let (batch, unknown) = work.decode(updates)
        let change =
            (mayReplayInBackground ? replayInBackground(batch, updates) : nil)
            ?? replayInPlace(batch)
        guard let report else { return }
        for stamp in unknown { report(.unknown(stamp)) }
        report(.applied(change))
    }

    private func replayInPlace(_ batch: [HistoryEntry<Action>]) -> HistoryChange {
        inner.dispatch(.batch(batch))
        return inner.withState { $0.lastBatch }
    }

    /// Folds an expensive batch into a copy of the history and swaps that in, so that dispatches of
    /// the program never wait for the whole replay (G22); returns `nil` if the batch is cheap.
    private func replayInBackground(
        _ batch: [HistoryEntry<Action>], _ updates: [Update]
    ) -> HistoryChange? {
        guard let earliest = updates.earliestStamp else { return nil }
        let copy: History<State, Action>? = inner.withState { state in
            let effort = batch.count + state.history.depth(of: earliest)
            guard effort >= BackgroundReplay<State, Action>.smallestWork,
                state.provisional == nil, replay.begin()
            else { return nil }
            return state.history
        }
        guard var history = copy else { return nil }
        folding.beginInBackground()
        var change = work.merge(&history, batch)
        for _ in 0..<BackgroundReplay<State, Action>.maximumRounds {
            let steps = inner.withState { _ in replay.take() }
            guard !steps.isEmpty else { break }
            let round = history.catchUp(steps)
            change.add(round)
            // Little was recorded during a short round, so it may be folded under the lock.
            if round.reducerCalls < BackgroundReplay<State, Action>.smallestWork { break }
        }
        folding.endInBackground()
        inner.dispatch(.swap(ReplayedCopy(consume history), change))
        return inner.withState { $0.lastBatch }
    }
}

extension [Update] {
    /// The smallest stamp, found in the updates because code for the program's actions is generic
    /// here, and several times slower.
    fileprivate var earliestStamp: Stamp? {
        var earliest = 0
        for index in indices.dropFirst() {
            let (update, other) = (self[index], self[earliest])
            let isEarlier =
                update.timestamp == other.timestamp
                ? update.source < other.source : update.timestamp < other.timestamp
            if isEarlier { earliest = index }
        }
        return isEmpty ? nil : self[earliest].stamp
    }
}

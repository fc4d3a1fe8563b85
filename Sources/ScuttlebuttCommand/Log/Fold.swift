// SPDX-License-Identifier: MIT

import Redux
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import Synchronization

/// Folds a saved log with one of the example reducers, in agreed order, without keeping the log in
/// memory.
struct Fold: Sendable {
    let file: LogFile
    let reducer: ExampleReducer

    private struct Progress {
        var state: ExampleState
        var count = 0
        var hasReached = false
    }

    /// Returns the state after all actions, or right after the action at `stamp`.
    ///
    /// - Parameter progress: Called from time to time with the number of actions folded so far.
    /// - Throws: ``CommandError`` if there is no action at `stamp`, and the errors of
    ///   ``LogFile/read(_:)``.
    func state(
        at stamp: Stamp? = nil, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> (state: ExampleState, count: Int) {
        let first = reducer.initialState
        let folded = Mutex(Progress(state: first))
        let reducer = self.reducer.reducer
        // Read on past `stamp`: only at the end do we know that the log was in agreed order.
        try await AgreedOrder(file: file).forEach {
            folded.withLock { $0 = Progress(state: first) }
        } _: { updates in
            let count = folded.withLock { folded in
                for update in updates where !folded.hasReached {
                    Fold.apply(update, reducer, to: &folded.state)
                    folded.count += 1
                    folded.hasReached = update.stamp == stamp
                }
                return folded.count
            }
            progress(count)
        }
        let result = folded.withLock { ($0.state, $0.count, $0.hasReached) }
        if let stamp, !result.2 {
            throw CommandError(
                "\(file.path) has no action at \(stamp.timestamp.value)@\(stamp.source); run "
                    + "'scuttlebutt log' to list them")
        }
        return (result.0, result.1)
    }

    private static func apply(
        _ update: Update, _ reducer: Reducer<ExampleState, RawAction>,
        to state: inout ExampleState
    ) {
        let meta = ActionMeta(timestamp: update.timestamp, source: update.source)
        let action = RawAction(payload: update.payload)
        guard reducer.canThrow else {
            // `canThrow` is false, so there is no state to restore.
            try? reducer.reduce(&state, action, meta)
            return
        }
        let before = state
        do { try reducer.reduce(&state, action, meta) } catch { state = before }
    }
}

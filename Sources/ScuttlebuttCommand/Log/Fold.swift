// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import Synchronization

/// Folds a saved log with one of the example reducers, in agreed order, without keeping the log in
/// memory.
struct Fold: Sendable {
    let file: LogFile
    let reducer: ExampleReducer
    /// Whether to begin with the newest good checkpoint, if the store has one.
    var usesCheckpoints = false

    /// What a log folds to.
    struct Result: Sendable {
        var state: ExampleState
        /// The number of actions in the state, those in the checkpoint included.
        var count = 0
        /// The checkpoint with which it began.
        var checkpoint: StoredCheckpoint?
        /// Why newer checkpoints were passed over.
        var passedOver: [String] = []
        fileprivate var hasReached = false
    }

    /// Returns the state after all actions, or right after the action at `stamp`.
    ///
    /// - Parameter progress: Called from time to time with the number of actions folded so far.
    /// - Throws: ``CommandError`` if there is no action at `stamp`, and the errors of
    ///   ``LogFile/read(_:)``.
    func state(
        at stamp: Stamp? = nil, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Result {
        let first = reducer.initialState
        let folded = Mutex(Result(state: first))
        let settings = usesCheckpoints ? self.reducer.checkpoints : nil
        let reducer = self.reducer.reducer
        // Read on past `stamp`: without an index, only the end shows whether the log was in order.
        try await AgreedOrder(file: file).forEach(
            after: { index in
                guard let settings else { return .beginning }
                let result = try await Fold.start(index, settings, first, through: stamp)
                folded.withLock { $0 = result }
                return IndexedLog.Place(stamp: result.checkpoint?.stamp, count: result.count)
            },
            through: stamp,
            restart: { folded.withLock { $0 = Result(state: first) } }
        ) { updates in
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
        let result = folded.withLock { $0 }
        if let stamp, !result.hasReached {
            throw CommandError(
                "\(file.path) has no action at \(stamp.timestamp.value)@\(stamp.source); run "
                    + "'scuttlebutt log' to list them")
        }
        return result
    }

    /// Returns what a checkpoint begins with, or the beginning.
    private static func start(
        _ index: LogIndex, _ settings: Checkpoints<ExampleState>, _ first: ExampleState,
        through stamp: Stamp?
    ) async throws -> Result {
        var passedOver: [String] = []
        let found = try await index.newestState(of: settings, through: stamp) {
            passedOver.append($0)
        }
        var result = Result(state: first, passedOver: passedOver)
        if let (checkpoint, state) = found {
            result.state = state
            result.count = checkpoint.count
            result.checkpoint = checkpoint
            result.hasReached = checkpoint.stamp == stamp
        }
        return result
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

// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt

/// Gives the history of a store the full chunks of its log, so that it need not keep old actions
/// itself.
@usableFromInline
struct HistoryArchiver<State: Sendable, Action: Sendable>: Sendable {
    let inner: any StoreProtocol<InnerState<State, Action>, InnerAction<State, Action>>
    let replay: BackgroundReplay<State, Action>
    let engine: EngineReference

    /// Hands over what the history lacks; it is taken by the next change.
    ///
    /// The two locks are taken one after the other. What changes in between does no harm, because a
    /// full chunk that was handed over never changes.
    @usableFromInline
    @inline(never)
    func handOver() {
        guard let known = inner.withState({ $0.history.archivedVector }) else { return }
        replay.archive(engine.sealed(after: known))
    }

    /// Hands over if there is enough that is old, or will be after so many actions, which are in
    /// the log already.
    @usableFromInline
    func handOverIfDue(adding count: Int = 0) {
        if inner.withState({ $0.history.isArchiveDue(adding: count) }) { handOver() }
    }
}

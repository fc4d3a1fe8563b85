// SPDX-License-Identifier: MIT

/// A plain store that an enhancer found behind its creator, called without a detour.
///
/// Calling through `any StoreProtocol` costs more than a small reducer does: code behind an
/// existential cannot be compiled for its types. An enhancer on a hot path asks once whether the
/// store behind it is plain, and goes straight there if so.
public struct DirectStore<State: Sendable, Action: Sendable>: Sendable {
    /// Unmanaged, since counting references at each dispatch is dear; whoever makes this keeps the
    /// store alive beside it.
    @usableFromInline let core: Unmanaged<StoreCore<State, Action>>

    /// Makes direct access to `store`, or `nil` when there is more to it than a plain store.
    ///
    /// The caller must keep `store` for as long as this is used.
    public init?(unretained store: any StoreProtocol<State, Action>) {
        guard let core = store as? StoreCore<State, Action> else { return nil }
        self.core = .passUnretained(core)
    }

    /// Changes the state by an action, then calls the subscribers on this thread.
    @inlinable
    public func dispatch(_ action: Action) {
        core._withUnsafeGuaranteedRef { _ = $0.dispatch(action) }
    }
}

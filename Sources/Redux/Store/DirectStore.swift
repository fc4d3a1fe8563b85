// SPDX-License-Identifier: MIT

/// Direct access to a plain store, for enhancers on a hot path.
///
/// A call through `any StoreProtocol` costs more than a small reducer, because code behind an
/// existential cannot be specialised. An enhancer checks once whether the wrapped store is a plain
/// one, and then calls it directly.
public struct DirectStore<State: Sendable, Action: Sendable>: Sendable {
    /// Unmanaged, because reference counting at each dispatch is expensive.
    ///
    /// The creator of this value keeps the store alive.
    @usableFromInline let core: Unmanaged<StoreCore<State, Action>>

    /// Creates direct access to `store`; returns `nil` if it is not a plain store.
    ///
    /// The caller must retain `store` for as long as this value is used.
    public init?(unretained store: any StoreProtocol<State, Action>) {
        guard let core = store as? StoreCore<State, Action> else { return nil }
        self.core = .passUnretained(core)
    }

    /// Applies an action to the state, then calls the subscribers on this thread.
    @inlinable
    public func dispatch(_ action: Action) {
        core._withUnsafeGuaranteedRef { _ = $0.dispatch(action) }
    }

    /// Changes the state as if by an action whose reducer is `change`, then calls the subscribers.
    ///
    /// `change` runs under the lock and must not touch the store. It also gets the number of this
    /// thread, see `currentThread()`.
    @inlinable
    public func update(_ change: (inout State, UInt) -> Void) {
        core._withUnsafeGuaranteedRef { $0.update(change) }
    }
}

// SPDX-License-Identifier: MIT

/// Creates plain stores, as the start of every chain of enhancers.
public struct PlainStoreCreator: StoreCreator {
    /// Receives the errors of the created stores.
    public let onFault: StoreErrorHandler?

    /// Creates a creator of plain stores.
    public init(onFault: StoreErrorHandler? = nil) { self.onFault = onFault }

    /// Creates a plain store.
    ///
    /// An initial state passed here is retained for the lifetime of the store, as the answer to a
    /// reducer that reads its store against the rules. One provided by the reducer is not retained.
    public func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        try StoreCore(initial: initial, reducer: reducer, onFault: onFault)
    }
}

// SPDX-License-Identifier: MIT

/// A private action of the library, sent to every reducer besides the typed actions.
///
/// Because actions are typed, the library cannot create its own and sends signals instead. A
/// reducer created from a closure ignores them, like any action it does not know.
public struct ReducerSignal: Hashable, Sendable {
    private enum Value { case initialize, replaced, probe }
    private let value: Value

    /// Sent once when a store is created, before anyone can read its state.
    public static let initialize = ReducerSignal(value: .initialize)
    /// Sent by `replaceReducer`, so that new parts create their state.
    public static let replaced = ReducerSignal(value: .replaced)
    /// A signal that no reducer knows, which must leave the state unchanged.
    public static let probe = ReducerSignal(value: .probe)

    /// The type name of the signal, for logs and developer tools.
    public var name: ActionName {
        switch value {
        case .initialize: .initialize
        case .replaced: .replaced
        case .probe: .probe
        }
    }
}

// SPDX-License-Identifier: MIT

/// A private action of the library, which every reducer is given beside the typed ones.
///
/// Actions are typed, so the library cannot make one up; it sends these instead. A reducer made
/// from a closure ignores them, as a reducer ignores any action that it does not know.
public struct ReducerSignal: Hashable, Sendable {
    private enum Value { case initialize, replaced, probe }
    private let value: Value

    /// Sent once when a store is created, before anybody can read.
    public static let initialize = ReducerSignal(value: .initialize)
    /// Sent by `replaceReducer`, so that parts which are new make their state.
    public static let replaced = ReducerSignal(value: .replaced)
    /// An action that nobody knows: the state must come back unchanged.
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

// SPDX-License-Identifier: MIT

/// A pure fold of an action into a state: the same state and action give the same result, always.
///
/// The state is changed in place, so an array that nobody else holds grows without being copied.
/// A reducer may not dispatch, read the store or subscribe; a store that notices reports it.
///
/// The throwing forms let a reducer refuse an action: the state is then the one before the action,
/// which costs the store a copy of the state per action (and so, for large arrays, copy-on-write
/// on each change). Prefer the forms that do not throw for large states.
public struct Reducer<State: Sendable, Action: Sendable>: Sendable {
    @usableFromInline
    typealias Body = @Sendable (inout State, Action, ActionMeta) throws -> Void
    @usableFromInline typealias MakeState = @Sendable () -> State
    @usableFromInline
    typealias Answer = @Sendable (inout State, ReducerSignal) throws -> Void
    @usableFromInline
    typealias Diagnose = @Sendable (State, ReducerSignal) -> [StoreFault]

    /// Changes the state.
    @usableFromInline let body: Body
    /// Makes the first state where none was given.
    @usableFromInline let makeState: MakeState?
    /// Answers the library's private actions.
    @usableFromInline let answer: Answer?
    /// Looks for mistakes in the make-up of the reducer, given the state it is to work on.
    let diagnose: Diagnose?
    /// The parts of the state that this reducer is confined to, for the diagnosis of duplicates.
    let places: [SlicePlace]

    /// Whether the reducer may throw, so that whoever runs it must be able to go back.
    public let canThrow: Bool

    @usableFromInline
    init(
        canThrow: Bool,
        makeState: MakeState? = nil,
        answer: Answer? = nil,
        diagnose: Diagnose? = nil,
        places: [SlicePlace] = [],
        body: @escaping Body
    ) {
        self.canThrow = canThrow
        self.makeState = makeState
        self.answer = answer
        self.diagnose = diagnose
        self.places = places
        self.body = body
    }

    /// Changes `state` by `action`.
    ///
    /// After an error the state is whatever the reducer left: going back is the caller's part.
    ///
    /// - Throws: What the reducer throws; nothing when ``canThrow`` is false.
    @inlinable
    public func reduce(
        _ state: inout State, _ action: Action, _ meta: ActionMeta = .local
    ) throws {
        try body(&state, action, meta)
    }

    /// Gives the reducer one of the library's private actions.
    ///
    /// - Throws: What the reducer throws; nothing when ``canThrow`` is false.
    public func send(_ signal: ReducerSignal, to state: inout State) throws {
        try answer?(&state, signal)
    }

    /// The state that the reducer makes when it is given none, or `nil` when it cannot.
    public func initialState() -> State? { makeState?() }

    /// The same reducer, able to make its own first state.
    ///
    /// - Parameter state: Evaluated each time a first state is needed.
    public func starting(with state: @escaping @autoclosure @Sendable () -> State) -> Self {
        Reducer(
            canThrow: canThrow, makeState: state, answer: answer, diagnose: diagnose,
            places: places, body: body)
    }
}

extension Reducer {
    /// Makes a reducer from a closure that changes the state in place.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action) -> Void) {
        self.init(canThrow: false) { state, action, _ in body(&state, action) }
    }

    /// Makes a reducer from a closure that may refuse an action by throwing.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action) throws -> Void) {
        self.init(canThrow: true) { state, action, _ in try body(&state, action) }
    }

    /// Makes a reducer that also wants to know where the action stands among the peers.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action, ActionMeta) -> Void) {
        self.init(canThrow: false, body: body)
    }

    /// Makes a reducer that wants to know the place of the action, and may refuse by throwing.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action, ActionMeta) throws -> Void) {
        self.init(canThrow: true, body: body)
    }

    /// The same reducer, answering the library's private actions with `answer`.
    ///
    /// An answer must leave the state alone for every signal that it does not know.
    public func answering(
        _ answer: @escaping @Sendable (inout State, ReducerSignal) -> Void
    ) -> Self {
        Reducer(
            canThrow: canThrow, makeState: makeState, answer: answer, diagnose: diagnose,
            places: places, body: body)
    }

    /// Makes a reducer of the ReSwift shape: an action and perhaps a state in, a state out.
    ///
    /// Such a reducer copies its state on each change, as values that are returned do.
    ///
    /// - Parameters:
    ///   - first: The action that asks for the first state: `body(first, nil)` makes it. Without
    ///     one the store must be given its first state.
    ///   - body: Returns the state it was given for an action that it does not know.
    public static func pure(
        startingWith first: Action? = nil,
        _ body: @escaping @Sendable (Action, State?) -> State
    ) -> Self {
        var make: MakeState?
        if let first { make = { body(first, nil) } }
        return Reducer(canThrow: false, makeState: make) { state, action, _ in
            state = body(action, state)
        }
    }
}

// SPDX-License-Identifier: MIT

/// A pure function that folds an action into a state: the same state and action always give the
/// same result.
///
/// The state is changed in place, so a uniquely referenced array grows without being copied. A
/// reducer must not dispatch, read the store or subscribe; the store reports it if it does.
///
/// A throwing reducer can reject an action, which leaves the state as it was. This costs the store
/// a copy of the state per action, and therefore copy-on-write of large arrays on each change.
/// Prefer the non-throwing initialisers for large states.
public struct Reducer<State: Sendable, Action: Sendable>: Sendable {
    @usableFromInline
    typealias Body = @Sendable (inout State, Action, ActionMeta) throws -> Void
    @usableFromInline typealias MakeState = @Sendable () -> State
    @usableFromInline
    typealias Answer = @Sendable (inout State, ReducerSignal) throws -> Void
    @usableFromInline
    typealias Diagnose = @Sendable (State, ReducerSignal) -> [StoreError]

    /// Changes the state.
    @usableFromInline let body: Body
    /// Does the same without the meta, for a reducer that neither looks at it nor throws.
    @usableFromInline package let plainBody: (@Sendable (inout State, Action) -> Void)?
    /// Creates the initial state if none was given.
    @usableFromInline let makeState: MakeState?
    /// Handles the library's private actions.
    @usableFromInline let answer: Answer?
    /// Finds errors in the composition of the reducer, given its state.
    let diagnose: Diagnose?
    /// The parts of the state that this reducer is limited to, to detect duplicates.
    let places: [SlicePlace]

    /// Whether the reducer can throw, in which case the caller must be able to restore the state.
    public let canThrow: Bool

    @usableFromInline
    init(
        canThrow: Bool,
        makeState: MakeState? = nil,
        answer: Answer? = nil,
        diagnose: Diagnose? = nil,
        places: [SlicePlace] = [],
        plainBody: (@Sendable (inout State, Action) -> Void)? = nil,
        body: @escaping Body
    ) {
        self.canThrow = canThrow
        self.makeState = makeState
        self.answer = answer
        self.diagnose = diagnose
        self.places = places
        self.plainBody = plainBody
        self.body = body
    }

    /// Applies `action` to `state`.
    ///
    /// After an error, the state is whatever the reducer left; restoring it is up to the caller.
    ///
    /// - Throws: The reducer's error; never if ``canThrow`` is false.
    @inlinable
    public func reduce(
        _ state: inout State, _ action: Action, _ meta: ActionMeta = .local
    ) throws {
        try body(&state, action, meta)
    }

    /// Sends one of the library's private actions to the reducer.
    ///
    /// - Throws: The reducer's error; never if ``canThrow`` is false.
    public func send(_ signal: ReducerSignal, to state: inout State) throws {
        try answer?(&state, signal)
    }

    /// Returns the reducer's initial state, or `nil` if it does not provide one.
    public func initialState() -> State? { makeState?() }

    /// Returns this reducer with an initial state.
    ///
    /// - Parameter state: The initial state, evaluated each time one is needed.
    public func starting(with state: @escaping @autoclosure @Sendable () -> State) -> Self {
        Reducer(
            canThrow: canThrow, makeState: state, answer: answer, diagnose: diagnose,
            places: places, plainBody: plainBody, body: body)
    }
}

extension Reducer {
    /// Creates a reducer from a closure that changes the state in place.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action) -> Void) {
        self.init(canThrow: false, plainBody: body) { state, action, _ in body(&state, action) }
    }

    /// Creates a reducer from a closure that can reject an action by throwing.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action) throws -> Void) {
        self.init(canThrow: true) { state, action, _ in try body(&state, action) }
    }

    /// Creates a reducer from a closure that also receives the action's timestamp and source.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action, ActionMeta) -> Void) {
        self.init(canThrow: false, body: body)
    }

    /// Creates a reducer from a closure that also receives the action's timestamp and source, and
    /// can reject an action by throwing.
    @inlinable
    public init(_ body: @escaping @Sendable (inout State, Action, ActionMeta) throws -> Void) {
        self.init(canThrow: true, body: body)
    }

    /// Returns this reducer with `answer` handling the library's private actions.
    ///
    /// `answer` must not change the state for signals it does not know.
    public func answering(
        _ answer: @escaping @Sendable (inout State, ReducerSignal) -> Void
    ) -> Self {
        Reducer(
            canThrow: canThrow, makeState: makeState, answer: answer, diagnose: diagnose,
            places: places, plainBody: plainBody, body: body)
    }

    /// Returns a reducer in ReSwift's form, which takes an action and an optional state and returns
    /// the new state.
    ///
    /// Such a reducer copies its state on each change.
    ///
    /// - Parameters:
    ///   - first: The action for the initial state, which is `body(first, nil)`. Without it, the
    ///     store must be given its initial state.
    ///   - body: Returns the new state, or the given state for an action it does not know.
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

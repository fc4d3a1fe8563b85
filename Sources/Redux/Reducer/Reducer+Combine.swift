// SPDX-License-Identifier: MIT

/// The part of a state that a reducer is limited to.
@usableFromInline
enum SlicePlace: Sendable {
    case path(any Sendable & Hashable, name: String)
    case named(String)

    var name: String {
        switch self {
        case .path(_, let name), .named(let name): name
        }
    }

    func isSame(as other: SlicePlace) -> Bool {
        switch (self, other) {
        case (.path(let one, _), .path(let two, _)): AnyHashable(one) == AnyHashable(two)
        case (.named(let one), .named(let two)): one == two
        case (.path, .named), (.named, .path): false
        }
    }
}

extension Reducer {
    /// Combines reducers into one that runs them in source order.
    ///
    /// Each slice sees its own part of the state and every action. A combination without reducers,
    /// or with two slices of the same part, is reported once when it is given to a store.
    public static func combine(
        @CombineReducers<State, Action> _ parts: () -> [Reducer<State, Action>]
    ) -> Self { combine(parts()) }

    /// Combines reducers into one that runs them in the order of the array.
    ///
    /// A combination without reducers, or with two slices of the same part, is reported once when
    /// it is given to a store.
    public static func combine(_ parts: [Reducer<State, Action>]) -> Self {
        let answers = parts.compactMap(\.answer)
        let diagnoses = parts.compactMap(\.diagnose)
        let bodies = parts.map(\.body)
        var answer: Answer?
        if !answers.isEmpty {
            answer = { state, signal in for answer in answers { try answer(&state, signal) } }
        }
        return Reducer(
            canThrow: parts.contains(where: \.canThrow),
            makeState: parts.lazy.compactMap(\.makeState).first,
            answer: answer,
            diagnose: { state, signal in
                guard !bodies.isEmpty else { return [emptyCombine] }
                return diagnoses.flatMap { $0(state, signal) }
            },
            places: parts.flatMap(\.places)
        ) { state, action, meta in
            for body in bodies { try body(&state, action, meta) }
        }
    }

    static var emptyCombine: StoreError {
        StoreError(.emptyCombine, "combine has no reducers, so no action has any effect")
    }

    /// Returns the errors in the composition of this reducer, for a store to report.
    func compositionErrors(_ state: State, _ signal: ReducerSignal) -> [StoreError] {
        let duplicates = places.enumerated().filter { index, place in
            places[..<index].contains { $0.isSame(as: place) }
        }
        return duplicates.map { _, place in
            StoreError(
                .duplicateSlice,
                "combine has two slices for \(place.name), which reduce the same state")
        } + (diagnose?(state, signal) ?? [])
    }

    /// Limits a reducer to one part of the state.
    public static func slice<Sub: Sendable>(
        _ path: any WritableKeyPath<State, Sub> & Sendable, _ reducer: Reducer<Sub, Action>
    ) -> Self {
        slice(path, action: { $0 }, reducer)
    }

    /// Limits a reducer to one part of the state and to some actions.
    ///
    /// - Parameters:
    ///   - path: The part of the state.
    ///   - pick: Returns the action for the part, or `nil` if an action does not concern it.
    ///   - reducer: The reducer of the part.
    public static func slice<Sub: Sendable, SubAction: Sendable>(
        _ path: any WritableKeyPath<State, Sub> & Sendable,
        action pick: @escaping @Sendable (Action) -> SubAction?,
        _ reducer: Reducer<Sub, SubAction>
    ) -> Self {
        var answer: Answer?
        if let inner = reducer.answer {
            answer = { state, signal in try inner(&state[keyPath: path], signal) }
        }
        return Reducer(
            canThrow: reducer.canThrow, answer: answer,
            diagnose: { reducer.compositionErrors($0[keyPath: path], $1) },
            places: [.path(path, name: "\(path)")]
        ) { state, action, meta in
            guard let action = pick(action) else { return }
            try reducer.body(&state[keyPath: path], action, meta)
        }
    }

    /// Limits a reducer to an optional part of the state.
    ///
    /// When a store is created and when its reducer is replaced, a missing part is set to the
    /// reducer's initial state, if it provides one. While the part is missing, actions do not
    /// affect it.
    public static func slice<Sub: Sendable>(
        _ path: any WritableKeyPath<State, Sub?> & Sendable, _ reducer: Reducer<Sub, Action>
    ) -> Self {
        return Reducer(
            canThrow: reducer.canThrow,
            answer: { state, signal in
                if state[keyPath: path] == nil, signal != .probe {
                    guard let made = reducer.makeState?() else { return }
                    state[keyPath: path] = made
                }
                guard let answer = reducer.answer else { return }
                try state[keyPath: path].ifPresent { try answer(&$0, signal) }
            },
            diagnose: { state, signal in
                state[keyPath: path].map { reducer.compositionErrors($0, signal) } ?? []
            },
            places: [.path(path, name: "\(path)")]
        ) { state, action, meta in
            try state[keyPath: path].ifPresent { try reducer.body(&$0, action, meta) }
        }
    }
}

extension Reducer {
    /// Combines this reducer with one that is limited to a part of the state.
    ///
    /// Two slices on consecutive lines of a `combine` parse as a call of this method, because the
    /// second begins with a dot.
    public func slice<Sub: Sendable>(
        _ path: any WritableKeyPath<State, Sub> & Sendable, _ reducer: Reducer<Sub, Action>
    ) -> Self {
        .combine([self, .slice(path, reducer)])
    }

    /// Combines this reducer with one that is limited to a part of the state and to some actions.
    public func slice<Sub: Sendable, SubAction: Sendable>(
        _ path: any WritableKeyPath<State, Sub> & Sendable,
        action pick: @escaping @Sendable (Action) -> SubAction?,
        _ reducer: Reducer<Sub, SubAction>
    ) -> Self {
        .combine([self, .slice(path, action: pick, reducer)])
    }

    /// Combines this reducer with one that is limited to an optional part of the state.
    public func slice<Sub: Sendable>(
        _ path: any WritableKeyPath<State, Sub?> & Sendable, _ reducer: Reducer<Sub, Action>
    ) -> Self {
        .combine([self, .slice(path, reducer)])
    }
}

extension Optional {
    /// Changes the value in place by moving it out and back, so that it remains uniquely
    /// referenced.
    fileprivate mutating func ifPresent(_ change: (inout Wrapped) throws -> Void) rethrows {
        guard var value = take() else { return }
        defer { self = .some(value) }
        try change(&value)
    }
}

// SPDX-License-Identifier: MIT

/// A reducer for one named part of a ``Slices`` state.
public struct NamedSlice<Action: Sendable>: Sendable {
    let name: String
    let canThrow: Bool
    let start: @Sendable (inout Slices, ReducerSignal) throws -> Void
    let body: @Sendable (inout Slices, Action, ActionMeta) throws -> Void

    /// Creates a reducer for the part `name`.
    ///
    /// - Parameters:
    ///   - name: The name of the part.
    ///   - initial: The initial state of the part.
    ///   - reducer: The reducer of the part, which sees only that part.
    public init<Value: Sendable & Equatable>(
        _ name: String, initial: Value, _ reducer: Reducer<Value, Action>
    ) {
        self.name = name
        canThrow = reducer.canThrow
        start = { slices, signal in
            if slices[name, as: Value.self] == nil, signal != .probe {
                slices[name, as: Value.self] = initial
            }
            guard let answer = reducer.answer else { return }
            try slices.update(name, as: Value.self) { try answer(&$0, signal) }
        }
        body = { slices, action, meta in
            try slices.update(name, as: Value.self) { try reducer.body(&$0, action, meta) }
        }
    }
}

extension Reducer where State == Slices {
    /// Combines the reducers of named parts into one that runs them in the given order.
    ///
    /// It provides its own initial state. Parts without a reducer are removed; this is reported if
    /// the store is created with them, but not after `replaceReducer`, where it is intended. A
    /// combination without parts, or with two parts of the same name, is reported when it is given
    /// to a store.
    public static func combine(named slices: [NamedSlice<Action>]) -> Self {
        let names = slices.map(\.name)
        return Reducer(
            canThrow: slices.contains(where: \.canThrow),
            makeState: { Slices() },
            answer: { state, signal in
                for slice in slices { try slice.start(&state, signal) }
                if signal != .probe { state.keep(unique(names)) }
            },
            diagnose: { state, signal in
                let unknown = state.names.filter { !names.contains($0) }
                if names.isEmpty { return [emptyCombine] }
                guard signal == .initialize, !unknown.isEmpty else { return [] }
                return [
                    StoreError(
                        .unknownSlice,
                        "the initial state has parts without a reducer, which are removed: "
                            + unknown.joined(separator: ", "))
                ]
            },
            places: names.map { .named($0) }
        ) { state, action, meta in
            for slice in slices { try slice.body(&state, action, meta) }
        }
    }

    private static func unique(_ names: [String]) -> [String] {
        names.enumerated().filter { !names[..<$0.offset].contains($0.element) }.map(\.element)
    }
}

// SPDX-License-Identifier: MIT

/// A state made of named parts, for programs that learn only while running which parts they have.
///
/// The parts keep the order in which they were declared, never that of a hash table. Where the
/// parts are known when the program is written, use a struct and `slice(_:_:)` instead.
public struct Slices: Sendable, Equatable {
    struct Entry: Sendable {
        let name: String
        var value: any Sendable & Equatable
    }

    private(set) var entries: [Entry] = []

    /// Makes a state without parts.
    public init() {}

    /// The names of the parts, in their order.
    public var names: [String] { entries.map(\.name) }

    /// The part of that name, or `nil` when there is none or it has another type.
    ///
    /// Setting `nil` removes the part; setting a new name puts it last.
    public subscript<Value: Sendable & Equatable>(
        name: String, as type: Value.Type = Value.self
    ) -> Value? {
        get { index(of: name).flatMap { entries[$0].value as? Value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Whether both have equal parts under the same names in the same order.
    public static func == (left: Slices, right: Slices) -> Bool {
        left.entries.count == right.entries.count
            && zip(left.entries, right.entries).allSatisfy { one, two in
                one.name == two.name && isEqual(one.value, two.value)
            }
    }

    /// Changes a part through `body`, writing it back only when it changed.
    ///
    /// A part that stays equal leaves the storage untouched, so a reader who kept the old value
    /// and the store still share it.
    mutating func update<Value: Sendable & Equatable>(
        _ name: String, as type: Value.Type, _ body: (inout Value) throws -> Void
    ) rethrows {
        guard let index = index(of: name), var value = entries[index].value as? Value else {
            return
        }
        let before = value
        try body(&value)
        if value != before { entries[index].value = value }
    }

    /// Drops the parts that are not in `known` and puts the rest into the order of `known`.
    mutating func keep(_ known: [String]) {
        guard names != known else { return }
        entries = known.compactMap { name in index(of: name).map { entries[$0] } }
    }

    private func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }
}

private func isEqual(_ one: any Equatable, _ two: any Equatable) -> Bool {
    func compare<Value: Equatable>(_ value: Value) -> Bool { (two as? Value) == value }
    return compare(one)
}

/// A reducer for one named part of a ``Slices`` state.
public struct NamedSlice<Action: Sendable>: Sendable {
    let name: String
    let canThrow: Bool
    let start: @Sendable (inout Slices, ReducerSignal) throws -> Void
    let body: @Sendable (inout Slices, Action, ActionMeta) throws -> Void

    /// Makes the reducer of the part `name`.
    ///
    /// - Parameters:
    ///   - name: The name of the part.
    ///   - initial: The state of the part where none was given.
    ///   - reducer: Sees that part only.
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
    /// Runs the reducers of named parts in the order in which they are given.
    ///
    /// It makes its own first state. Parts that no reducer knows are dropped, and reported once
    /// when the store starts with them; `replaceReducer` drops them silently, since dropping is
    /// then what was asked for. No parts and two of one name are reported when a store takes the
    /// reducer.
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
                    StoreFault(
                        .unknownSlice,
                        "the first state has parts that no reducer knows, which are dropped: "
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

// SPDX-License-Identifier: MIT

/// A state of named parts, for programs whose parts are only known at run time.
///
/// The parts keep the order in which they were declared. If the parts are known at compile time,
/// use a struct and `slice(_:_:)` instead.
public struct Slices: Sendable, Equatable {
    struct Entry: Sendable {
        let name: String
        var value: any Sendable & Equatable
    }

    private(set) var entries: [Entry] = []

    /// Creates a state without parts.
    public init() {}

    /// The names of the parts, in order.
    public var names: [String] { entries.map(\.name) }

    /// Accesses the part with a name, which is `nil` if it does not exist or has another type.
    ///
    /// Setting a part to `nil` removes it; a new part is added at the end.
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

    /// Returns whether both have equal parts with the same names in the same order.
    public static func == (left: Slices, right: Slices) -> Bool {
        left.entries.count == right.entries.count
            && zip(left.entries, right.entries).allSatisfy { one, two in
                one.name == two.name && isEqual(one.value, two.value)
            }
    }

    /// Changes a part through `body`, writing it back only if it changed.
    ///
    /// If the part stays equal, the storage is not touched, so that it remains shared with earlier
    /// copies of the state.
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

    /// Removes the parts that are not in `known` and reorders the others like `known`.
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

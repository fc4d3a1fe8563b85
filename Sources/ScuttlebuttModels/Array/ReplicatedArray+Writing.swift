// SPDX-License-Identifier: MIT

public import Scuttlebutt

// Indexes are clamped to the array, because an index may be out of date by the time it is used.
extension ReplicatedArray {
    /// Creates the update that appends a value.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value, and for `null`, which means
    ///   removal.
    public func makePush(_ value: Value) throws -> Payload {
        core.makeInsert(try encoded(value), at: count)
    }

    /// Creates the update that appends several values at once; `nil` if there are none.
    ///
    /// - Throws: As ``makePush(_:)``.
    public func makePush(contentsOf values: some Sequence<Value>) throws -> Payload? {
        try makeSplice(at: count, removing: 0, inserting: values)
    }

    /// Creates the update that inserts a value at the start.
    ///
    /// - Throws: As ``makePush(_:)``.
    public func makeUnshift(_ value: Value) throws -> Payload {
        core.makeInsert(try encoded(value), at: 0)
    }

    /// Creates the update that inserts a value before the element at an index, or at the end.
    ///
    /// - Throws: As ``makePush(_:)``.
    public func makeInsert(_ value: Value, at index: Int) throws -> Payload {
        core.makeInsert(try encoded(value), at: index)
    }

    /// Creates the update that inserts a value somewhere between two sort keys; `nil` stands for an
    /// end of the array.
    ///
    /// If no string sorts between the two, or they are not in order, the value goes to the nearest
    /// place after the first.
    ///
    /// - Throws: As ``makePush(_:)``.
    public func makeInsert(
        _ value: Value, between previous: PropertyKey?, and next: PropertyKey?
    ) throws -> Payload {
        core.makeInsert(try encoded(value), between: previous, and: next)
    }

    /// Creates the update that removes the last element; `nil` if there is none.
    public func makePop() -> Payload? { makeRemove(at: count - 1) }

    /// Creates the update that removes the first element; `nil` if there is none.
    public func makeShift() -> Payload? { makeRemove(at: 0) }

    /// Creates the update that removes the element at an index; `nil` if there is none.
    public func makeRemove(at index: Int) -> Payload? {
        key(at: index).flatMap { core.makeUnset($0) }
    }

    /// Creates the update that removes the element with a sort key; `nil` if there is none.
    public func makeUnset(_ key: PropertyKey) -> Payload? { core.makeUnset(key) }

    /// Creates the update that replaces the element at an index; `nil` if there is none.
    ///
    /// - Throws: As ``makePush(_:)``.
    public func makeSet(_ value: Value, at index: Int) throws -> Payload? {
        guard let key = key(at: index) else { return nil }
        return try makeSet(value, for: key)
    }

    /// Creates the update that replaces the element with a sort key, or inserts one.
    ///
    /// - Throws: As ``makePush(_:)``.
    public func makeSet(_ value: Value, for key: PropertyKey) throws -> Payload {
        core.makeSet(try encoded(value), for: key)
    }

    /// Creates the update that replaces several elements at once.
    ///
    /// As in the originals, the first values take the sort keys of the elements that they replace.
    /// Elements without a value are removed, and further values get new keys. New values stay
    /// together even if another writer inserts at the same place.
    ///
    /// - Parameters:
    ///   - index: Where to begin, clamped to 0 … `count`.
    ///   - removals: How many elements to replace or remove, clamped to the existing ones.
    ///   - values: What to insert.
    /// - Returns: `nil` if nothing would change.
    /// - Throws: As ``makePush(_:)``.
    public func makeSplice(
        at index: Int, removing removals: Int, inserting values: some Sequence<Value>
    ) throws -> Payload? {
        core.makeSplice(
            at: index, removing: removals, inserting: try values.map { try encoded($0) })
    }

    private func encoded(_ value: Value) throws -> [UInt8] {
        let bytes = try ValueCoding.encode(value)
        guard !ValueCoding.isNull(bytes) else {
            let context = EncodingError.Context(
                codingPath: [], debugDescription: "null cannot be an element: it means removal")
            throw EncodingError.invalidValue(value, context)
        }
        return bytes
    }
}

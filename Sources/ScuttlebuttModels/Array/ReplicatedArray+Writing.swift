// SPDX-License-Identifier: MIT

public import Scuttlebutt

// Indexes are clamped to the array, because one that was read a moment ago may be out of date.
extension ReplicatedArray {
    /// A write that puts a value at the end.
    ///
    /// - Throws: `EncodingError` for what JSON cannot hold, and for `null`, which means removal.
    public func makePush(_ value: Value) throws -> Payload {
        core.makeInsert(try encoded(value), at: count)
    }

    /// A write that puts values at the end, all in one update; `nil` for none.
    ///
    /// - Throws: as ``makePush(_:)``.
    public func makePush(contentsOf values: some Sequence<Value>) throws -> Payload? {
        try makeSplice(at: count, removing: 0, inserting: values)
    }

    /// A write that puts a value at the beginning.
    ///
    /// - Throws: as ``makePush(_:)``.
    public func makeUnshift(_ value: Value) throws -> Payload {
        core.makeInsert(try encoded(value), at: 0)
    }

    /// A write that puts a value before the element at an index, or at the end.
    ///
    /// - Throws: as ``makePush(_:)``.
    public func makeInsert(_ value: Value, at index: Int) throws -> Payload {
        core.makeInsert(try encoded(value), at: index)
    }

    /// A write that puts a value somewhere between two sort keys, `nil` meaning an end.
    ///
    /// Where no string sorts between the two, or they are not in order, the value goes behind the
    /// first, to the nearest place that there is.
    ///
    /// - Throws: as ``makePush(_:)``.
    public func makeInsert(
        _ value: Value, between previous: PropertyKey?, and next: PropertyKey?
    ) throws -> Payload {
        core.makeInsert(try encoded(value), between: previous, and: next)
    }

    /// A write that removes the last element; `nil` when there is none.
    public func makePop() -> Payload? { makeRemove(at: count - 1) }

    /// A write that removes the first element; `nil` when there is none.
    public func makeShift() -> Payload? { makeRemove(at: 0) }

    /// A write that removes the element at an index; `nil` when there is none.
    public func makeRemove(at index: Int) -> Payload? {
        key(at: index).flatMap { core.makeUnset($0) }
    }

    /// A write that removes the element with a sort key; `nil` when there is none.
    public func makeUnset(_ key: PropertyKey) -> Payload? { core.makeUnset(key) }

    /// A write that replaces the element at an index; `nil` when there is none.
    ///
    /// - Throws: as ``makePush(_:)``.
    public func makeSet(_ value: Value, at index: Int) throws -> Payload? {
        guard let key = key(at: index) else { return nil }
        return try makeSet(value, for: key)
    }

    /// A write that replaces the element with a sort key, or puts one there.
    ///
    /// - Throws: as ``makePush(_:)``.
    public func makeSet(_ value: Value, for key: PropertyKey) throws -> Payload {
        core.makeSet(try encoded(value), for: key)
    }

    /// A write that replaces elements by values, in one update.
    ///
    /// As with the originals, the first values take the sort keys of the elements that they
    /// replace; elements for which no value is left are removed, and further values get keys of
    /// their own. New values stay together, whatever another writer inserts there at the same time.
    ///
    /// - Parameters:
    ///   - index: Where to begin, clamped to 0 … `count`.
    ///   - removals: How many elements to replace or remove, clamped to those that there are.
    /// - Returns: `nil` when nothing would change.
    /// - Throws: as ``makePush(_:)``.
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

// SPDX-License-Identifier: MIT

public import ScuttlebuttCoding

extension ReplicatedDoc {
    /// Declares a live set of the rows whose key has this value.
    ///
    /// Declarations are local and belong to the value: make them before handing the document to a
    /// replica. A declaration replaces an earlier one of the same name.
    ///
    /// - Complexity: O(n log n) in the existing rows.
    public mutating func declareSet(
        _ name: PropertyKey, where key: PropertyKey, equals value: JSONValue
    ) {
        core.declare(
            DocView(name: name, isSequence: false, condition: .member(key, equals: value.bytes)))
    }

    /// Declares a live set of the rows that a filter selects.
    ///
    /// - Parameters:
    ///   - name: The name of the set.
    ///   - isIncluded: A pure function of the row, called once for each update of a row.
    public mutating func declareSet(
        _ name: PropertyKey, where isIncluded: @escaping @Sendable (Row) -> Bool
    ) {
        core.declare(
            DocView(name: name, isSequence: false, condition: Self.condition(isIncluded)))
    }

    /// Declares a live sequence of the rows whose key has this value, ordered by their key `_sort`.
    ///
    /// - Complexity: O(n log n) in the existing rows.
    public mutating func declareSequence(
        _ name: PropertyKey, where key: PropertyKey, equals value: JSONValue
    ) {
        core.declare(
            DocView(name: name, isSequence: true, condition: .member(key, equals: value.bytes)))
    }

    /// Declares a live sequence of the rows that a filter selects, ordered by their key `_sort`.
    ///
    /// - Parameters:
    ///   - name: The name of the sequence.
    ///   - isIncluded: A pure function of the row, called once for each update of a row.
    public mutating func declareSequence(
        _ name: PropertyKey, where isIncluded: @escaping @Sendable (Row) -> Bool
    ) {
        core.declare(
            DocView(name: name, isSequence: true, condition: Self.condition(isIncluded)))
    }

    private static func condition(
        _ isIncluded: @escaping @Sendable (Row) -> Bool
    ) -> DocView.Condition {
        .filter { isIncluded(Row(id: $0, members: $1)) }
    }

    /// The rows of a declared set, ordered by the UTF-16 code units of their ids.
    ///
    /// - Precondition: A set or sequence of this name is declared.
    public func set(_ name: PropertyKey) -> Rows { Rows(core: core, view: core.view(name)) }

    /// The rows of a declared sequence, in its order.
    ///
    /// - Precondition: A set or sequence of this name is declared.
    public func sequence(_ name: PropertyKey) -> Rows { Rows(core: core, view: core.view(name)) }

    /// A snapshot of the rows of a set or sequence.
    ///
    /// It is a `RandomAccessCollection` and so has `first`, `last`, `count` and `rows[3]`. Access
    /// by index costs O(log n), iteration O(1) per row. It shares the document's memory: while it
    /// is alive, the next update copies the document's table of rows.
    public struct Rows: RandomAccessCollection, Sendable {
        let core: DocCore
        let view: DocView

        /// Zero.
        public var startIndex: Int { 0 }
        /// The number of rows.
        public var endIndex: Int { view.rows.count }

        /// The row at an index from zero to `count - 1`.
        ///
        /// The rows are a snapshot, so an index into them does not go out of date; for an index of
        /// another snapshot use ``row(at:)``.
        ///
        /// - Complexity: O(log n).
        public subscript(index: Int) -> Row { row(view.rows[index].key.id) }

        /// The row at an index, or `nil` if the index is out of range.
        ///
        /// - Complexity: O(log n).
        public func row(at index: Int) -> Row? { indices.contains(index) ? self[index] : nil }

        /// The row with this id, if it is in the view.
        public subscript(id: PropertyKey) -> Row? { contains(id) ? row(id) : nil }

        /// Whether a row is in the view.
        ///
        /// - Complexity: O(log n).
        public func contains(_ id: PropertyKey) -> Bool { view.place(of: id) != nil }

        /// The index of a row, if it is in the view.
        ///
        /// - Complexity: O(log n).
        public func index(of id: PropertyKey) -> Int? { view.index(of: id) }

        /// The row before another one, if there is one.
        ///
        /// - Complexity: O(log n).
        public func row(before id: PropertyKey) -> Row? {
            index(of: id).flatMap { $0 > 0 ? self[$0 - 1] : nil }
        }

        /// The row after another one, if there is one.
        ///
        /// - Complexity: O(log n).
        public func row(after id: PropertyKey) -> Row? {
            index(of: id).flatMap { $0 + 1 < count ? self[$0 + 1] : nil }
        }

        /// The ids in order.
        public var ids: [PropertyKey] { view.rows.map(\.key.id) }

        private func row(_ id: PropertyKey) -> Row {
            Row(id: id, members: core.row(id)?.members ?? RowMembers())
        }

        /// Iterates over the rows in order.
        public func makeIterator() -> Iterator {
            Iterator(core: core, places: view.rows.makeIterator())
        }

        /// An iterator over the rows.
        public struct Iterator: IteratorProtocol {
            let core: DocCore
            var places: OrderedTree<DocView.Place, Void>.Iterator

            /// The next row.
            public mutating func next() -> Row? {
                places.next().map {
                    Row(id: $0.key.id, members: core.row($0.key.id)?.members ?? RowMembers())
                }
            }
        }
    }
}

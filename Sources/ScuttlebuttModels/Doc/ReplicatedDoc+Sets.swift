// SPDX-License-Identifier: MIT

public import ScuttlebuttCoding

extension ReplicatedDoc {
    /// Keeps a live set of the rows whose key has this value.
    ///
    /// Declarations are local and belong to the value: make them before the document is handed to a
    /// replica. One with the name of an earlier one replaces it.
    ///
    /// - Complexity: O(n log n) in the rows that are there.
    public mutating func declareSet(
        _ name: PropertyKey, where key: PropertyKey, equals value: JSONValue
    ) {
        core.declare(
            DocView(name: name, isSequence: false, condition: .member(key, equals: value.bytes)))
    }

    /// Keeps a live set of the rows that a filter picks.
    ///
    /// - Parameter isIncluded: A pure function of the row: asked once for each update of a row.
    public mutating func declareSet(
        _ name: PropertyKey, where isIncluded: @escaping @Sendable (Row) -> Bool
    ) {
        core.declare(
            DocView(name: name, isSequence: false, condition: Self.condition(isIncluded)))
    }

    /// Keeps a live sequence of the rows whose key has this value, in the order of their key
    /// `_sort`.
    ///
    /// - Complexity: O(n log n) in the rows that are there.
    public mutating func declareSequence(
        _ name: PropertyKey, where key: PropertyKey, equals value: JSONValue
    ) {
        core.declare(
            DocView(name: name, isSequence: true, condition: .member(key, equals: value.bytes)))
    }

    /// Keeps a live sequence of the rows that a filter picks, in the order of their key `_sort`.
    ///
    /// - Parameter isIncluded: A pure function of the row: asked once for each update of a row.
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

    /// The rows of a declared set, by id in the order of UTF-16 code units.
    ///
    /// - Precondition: A set or sequence of this name was declared.
    public func set(_ name: PropertyKey) -> Rows { Rows(core: core, view: core.view(name)) }

    /// The rows of a declared sequence, in its order.
    ///
    /// - Precondition: A set or sequence of this name was declared.
    public func sequence(_ name: PropertyKey) -> Rows { Rows(core: core, view: core.view(name)) }

    /// The rows of a set or sequence as they were when it was asked for.
    ///
    /// A `RandomAccessCollection`, so `first`, `last`, `count` and `rows[3]` are there; an index
    /// costs O(log n), walking O(1) per row. It shares the document's memory: while it is held, the
    /// next update copies the document's table of rows.
    public struct Rows: RandomAccessCollection, Sendable {
        let core: DocCore
        let view: DocView

        /// Zero.
        public var startIndex: Int { 0 }
        /// How many rows there are.
        public var endIndex: Int { view.rows.count }

        /// The row at an index from zero to `count - 1`.
        ///
        /// - Complexity: O(log n).
        public subscript(index: Int) -> Row { row(view.rows[index].key.id) }

        /// The row with this id, if it is in here.
        public subscript(id: PropertyKey) -> Row? { contains(id) ? row(id) : nil }

        /// Whether a row is in here.
        ///
        /// - Complexity: O(log n).
        public func contains(_ id: PropertyKey) -> Bool { view.place(of: id) != nil }

        /// Where a row stands, if it is in here.
        ///
        /// - Complexity: O(log n).
        public func index(of id: PropertyKey) -> Int? { view.index(of: id) }

        /// The row that stands before another, if there is one.
        ///
        /// - Complexity: O(log n).
        public func row(before id: PropertyKey) -> Row? {
            index(of: id).flatMap { $0 > 0 ? self[$0 - 1] : nil }
        }

        /// The row that stands after another, if there is one.
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

        /// Walks over the rows in order.
        public func makeIterator() -> Iterator {
            Iterator(core: core, places: view.rows.makeIterator())
        }

        /// A walk over the rows.
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

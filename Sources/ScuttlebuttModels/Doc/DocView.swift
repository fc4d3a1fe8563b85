// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The rows of one declared set or sequence, in order.
///
/// A set is ordered by id; a sequence by the key `_sort`, then by id. A row without a string in
/// `_sort` is ordered by its id, as in the original's export.
struct DocView: Sendable {
    enum Condition: Sendable {
        /// Rows whose key has this value.
        case member(PropertyKey, equals: Payload)
        /// Rows that a pure function selects.
        case filter(@Sendable (PropertyKey, RowMembers) -> Bool)
    }

    /// The place of a row.
    struct Place: Comparable, Sendable {
        let sort: PropertyKey
        let id: PropertyKey

        static func < (left: Place, right: Place) -> Bool {
            left.sort == right.sort ? left.id < right.id : left.sort < right.sort
        }
    }

    static let sortKey: PropertyKey = "_sort"
    private static let noSort = PropertyKey("")

    let name: PropertyKey
    let isSequence: Bool
    let condition: Condition
    private(set) var rows = OrderedTree<Place, Void>()
    /// The sort keys under which rows are filed in a sequence.
    ///
    /// A row is removed under the key that it was filed under, so a moved row cannot vanish or
    /// appear twice.
    private var sorts: [PropertyKey: PropertyKey] = [:]

    /// The index of the latest row to enter, and how many rows entered next to each other before
    /// it.
    ///
    /// A row put there next gets a sort key with room for more.
    private(set) var run: (index: Int, length: Int)?

    init(name: PropertyKey, isSequence: Bool, condition: Condition) {
        self.name = name
        self.isSequence = isSequence
        self.condition = condition
    }

    /// The place of a row, if it is in the view.
    func place(of id: PropertyKey) -> Place? {
        if isSequence { return sorts[id].map { Place(sort: $0, id: id) } }
        let place = Place(sort: Self.noSort, id: id)
        return rows.find(place) == nil ? nil : place
    }

    func index(of id: PropertyKey) -> Int? { place(of: id).flatMap { rows.find($0)?.index } }

    /// Moves a row to its current place, or removes it if `members` is `nil`.
    ///
    /// - Complexity: O(log n).
    mutating func update(_ id: PropertyKey, _ members: RowMembers?) -> DocChange.View.Kind? {
        let old = place(of: id)
        guard let members else {
            guard let old, let index = takeOut(old) else { return nil }
            return .removed(from: index)
        }
        let new = Place(sort: isSequence ? Self.sort(id, members) : Self.noSort, id: id)
        if let old, old == new { return rows.find(old).map { .updated(at: $0.index) } }
        let from = old.flatMap { takeOut($0) }
        let to = putIn(new)
        guard let from else { return .added(at: to) }
        return from == to ? .updated(at: to) : .moved(from: from, to: to)
    }

    /// Forgets where rows entered last.
    mutating func forgetRun() { run = nil }

    private mutating func takeOut(_ place: Place) -> Int? {
        guard let index = rows.remove(place)?.index else { return nil }
        sorts[place.id] = nil
        if let last = run, index <= last.index {
            run = index == last.index ? nil : (last.index - 1, last.length)
        }
        return index
    }

    private mutating func putIn(_ place: Place) -> Int {
        let index = rows.insert((), for: place).index
        guard isSequence else { return index }
        sorts[place.id] = place.sort
        let isBeside = run.map { index == $0.index || index == $0.index + 1 } ?? false
        run = (index, isBeside ? (run?.length ?? 0) + 1 : 1)
        return index
    }

    /// Adds the key that makes a row belong here, unless the row has it.
    func include(
        _ id: PropertyKey, _ current: RowMembers?,
        _ members: inout [(key: PropertyKey, value: Payload)]
    ) {
        guard case .member(let key, let value) = condition else { return }
        members.removeAll { $0.key == key }
        if let current, place(of: id) != nil, current[key] != nil { return }
        members.append((key, value))
    }

    private static func sort(_ id: PropertyKey, _ members: RowMembers) -> PropertyKey {
        guard let text = members[sortKey]?.text, !text.bytes.isEmpty else { return id }
        return text
    }
}

extension RowMembers.Member {
    /// The value, if it is a string.
    var text: PropertyKey? {
        payload.withUnsafeBufferPointer { PropertyKey(value, in: $0) }
    }
}

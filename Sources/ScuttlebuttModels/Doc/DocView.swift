// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The rows of one declared set or sequence, in order.
///
/// A set is in the order of ids; a sequence in that of the key `_sort`, then ids. A row without a
/// text under `_sort` stands where its id would, as in the original's export.
struct DocView: Sendable {
    enum Condition: Sendable {
        /// Rows whose key has this value.
        case member(PropertyKey, equals: Payload)
        /// Rows that a pure function picks.
        case filter(@Sendable (PropertyKey, RowMembers) -> Bool)
    }

    /// Where a row stands.
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
    /// The sort keys under which rows stand in a sequence: what was inserted is what is taken out,
    /// so a moved row can neither vanish nor stand twice.
    private var sorts: [PropertyKey: PropertyKey] = [:]

    /// The row that came in last, by index, and how many came in beside each other before it: what
    /// is put there next gets a sort key with room for more.
    private(set) var run: (index: Int, length: Int)?

    init(name: PropertyKey, isSequence: Bool, condition: Condition) {
        self.name = name
        self.isSequence = isSequence
        self.condition = condition
    }

    /// Where a row stands, if it is in here.
    func place(of id: PropertyKey) -> Place? {
        if isSequence { return sorts[id].map { Place(sort: $0, id: id) } }
        let place = Place(sort: Self.noSort, id: id)
        return rows.find(place) == nil ? nil : place
    }

    func index(of id: PropertyKey) -> Int? { place(of: id).flatMap { rows.find($0)?.index } }

    /// Puts a row where it belongs now, or takes it out when it is `nil`.
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

    /// Forgets where rows came in last.
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

    /// Adds the key that makes a row belong here, unless it has it already.
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

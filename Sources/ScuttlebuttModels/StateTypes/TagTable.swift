// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Tags for many elements, which are compacted together.
struct TagTable<Element: ReplicatedKey>: Equatable, Sendable {
    private var table: [Element: Tags] = [:]
    private(set) var horizon = CompactionHorizon()

    /// The tags of an element; empty if it is unknown.
    subscript(element: Element) -> Tags { table[element] ?? Tags() }

    /// The elements with a live tag, ascending.
    var live: [Element] { table.filter { $0.value.hasLive }.map(\.key).sorted() }
    var liveCount: Int { table.values.reduce(0) { $0 + ($1.hasLive ? 1 : 0) } }

    /// Adds a tag.
    ///
    /// - Returns: Whether the stamp is after the horizon.
    @discardableResult
    mutating func add(_ element: Element, at stamp: Stamp) -> Bool {
        guard !horizon.covers(stamp), element == element else { return false }
        table[element, default: Tags()].add(at: stamp)
        return true
    }

    /// Takes back the observed tags.
    ///
    /// - Returns: Whether the stamp is after the horizon.
    @discardableResult
    mutating func remove(_ element: Element, _ observed: ObservedStamps, at stamp: Stamp) -> Bool {
        guard !horizon.covers(stamp), element == element else { return false }
        let horizon = self.horizon
        update(element) { $0.remove(observed, at: stamp, behind: horizon) }
        return true
    }

    mutating func merge(_ other: TagTable) {
        let own = horizon
        for element in Set(table.keys).union(other.table.keys) {
            update(element) { $0.merge(other[element], behind: own, and: other.horizon) }
        }
        horizon.merge(other.horizon)
    }

    mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        table = table.compactMapValues { tags in
            var tags = tags
            tags.compact(horizon)
            return tags.isEmpty ? nil : tags
        }
    }

    private mutating func update(_ element: Element, _ change: (inout Tags) -> Void) {
        // Removed first, so that the array of marks is changed in place.
        var tags = table.removeValue(forKey: element) ?? Tags()
        change(&tags)
        if !tags.isEmpty { table[element] = tags }
    }
}

extension TagTable: Codable {
    private struct Form: Codable {
        var horizon: CompactionHorizon
        var elements: [Row]
    }

    private struct Row: Codable {
        var element: Element
        var tags: Tags
    }

    init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        horizon = form.horizon
        for row in form.elements where row.element == row.element && !row.tags.isEmpty {
            table[row.element] = row.tags
        }
    }

    func encode(to encoder: any Encoder) throws {
        let rows = table.sorted { $0.key < $1.key }
        try Form(
            horizon: horizon, elements: rows.map { Row(element: $0.key, tags: $0.value) }
        ).encode(to: encoder)
    }
}

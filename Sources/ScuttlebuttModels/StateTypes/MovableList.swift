// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A list whose items can be inserted, removed, replaced and moved by several peers at once.
///
/// Items have identifiers and each has one place, the one of its last move: two moves at the same
/// time never make two items, and a removal wins over both. Runs that two peers insert at one spot
/// do not interleave. Pitfall: prepare from indices where you dispatch, as by
/// ``makeInsert(_:at:)``; an index in an action means another item when it arrives.
///
/// Grows by about 300 bytes for each insertion and 200 for each move, also of items that are gone:
/// later places hang on earlier ones, so the compaction frees only removal marks.
///
/// - SeeAlso: Kleppmann, "Moving Elements in List CRDTs" (2020).
public struct MovableList<Element: Codable & Equatable & Sendable>: CommutingOperations, Mergeable {
    /// A change of the list.
    public enum Operation: Codable, Equatable, Sendable {
        /// Inserts elements behind each other; made by ``MovableList/makeInsert(_:at:)``.
        case insert([Element], at: ListPlace)
        /// Removes items for ever; made by ``MovableList/makeRemove(at:)``.
        case remove([ListItemID])
        /// Puts an item elsewhere; made by ``MovableList/makeMove(from:to:)``.
        case move(ListItemID, to: ListPlace)
        /// Replaces the element of an item; made by ``MovableList/makeReplace(at:with:)``.
        case replace(ListItemID, with: Element)

        private enum InsertCodingKeys: String, CodingKey { case _0 = "elements", at }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "items" }
        private enum MoveCodingKeys: String, CodingKey { case _0 = "item", to }
        private enum ReplaceCodingKeys: String, CodingKey { case _0 = "item", with }
    }

    /// An element and the name of its item.
    public struct Item: Equatable, Sendable, Identifiable {
        /// The same on all peers, and through all moves.
        public let id: ListItemID
        /// What the item holds.
        public let element: Element
    }

    var places = PlaceTree()
    /// The elements of the items that are not removed.
    var elements: [ListItemID: Mark<Element>] = [:]
    /// What was removed; items before the horizon are known to be removed by being absent.
    var removed: Set<ListItemID> = []
    var horizon = CompactionHorizon()

    /// Makes an empty list.
    public init() {}

    /// The items in their order.
    ///
    /// Keep the result where you read it often: it is made anew each time.
    ///
    /// - Complexity: O(n), counting each place where an item ever stood.
    public var items: [Item] {
        standing.compactMap { _, item in
            elements[item]?.value.map { Item(id: item, element: $0) }
        }
    }

    /// The places where items stand now, in their order.
    ///
    /// Of the places of an item the newest counts that hangs together with the beginning: an item
    /// whose newest place refers to something that has not arrived stays where it was.
    var standing: [(place: ListItemID, item: ListItemID)] {
        let order = places.order
        var newest: [ListItemID: ListItemID] = [:]
        for (place, item) in order where elements[item] != nil {
            if let known = newest[item], known > place { continue }
            newest[item] = place
        }
        return order.compactMap { place, item in
            newest[item] == place ? (place: place, item: item) : nil
        }
    }

    /// Changes the list.
    ///
    /// - Complexity: O(log n) for each item of the operation.
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        // What an operation refers to is older than itself; anything else is a lie, which could
        // remove what has yet to be written.
        func refers(to item: ListItemID?) -> Bool { item.map { $0.stamp < stamp } ?? true }
        guard !horizon.covers(stamp) else { return }
        switch operation {
        case .insert(let inserted, let place):
            if refers(to: place.parent) { insert(inserted, place, stamp) }
        case .remove(let items):
            for item in items where refers(to: item) { remove(item) }
        case .move(let item, let place):
            guard refers(to: item), refers(to: place.parent) else { return }
            places.insert(ListItemID(stamp: stamp, index: 0), item: item, at: place)
        case .replace(let item, let element):
            guard refers(to: item), !isGone(item) else { return }
            take(Mark(stamp: stamp, value: element), for: item)
        }
    }

    /// Joins both lists.
    public mutating func merge(_ other: MovableList) {
        for (id, node) in other.places.nodes {
            places.insert(id, item: node.item, at: node.place)
        }
        let own = elements
        // What the other side has seen and does not have was removed there.
        for item in own.keys where other.elements[item] == nil && other.isGone(item) {
            elements[item] = nil
        }
        for (item, mark) in other.elements where own[item] != nil || !isGone(item) {
            take(mark, for: item)
        }
        removed.formUnion(other.removed)
        for item in removed { elements[item] = nil }
        horizon.merge(other.horizon)
        dropRemoved()
    }

    /// Forgets which items from before `stamp` were removed; places stay.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        dropRemoved()
    }

    private mutating func insert(_ inserted: [Element], _ place: ListPlace, _ stamp: Stamp) {
        var place = place
        for (element, index) in zip(inserted, Int32(0)...) {
            let id = ListItemID(stamp: stamp, index: index)
            places.insert(id, item: id, at: place)
            if !isGone(id) { take(Mark(stamp: stamp, value: element), for: id) }
            place = ListPlace(parent: id, side: .right)
        }
    }

    private mutating func remove(_ item: ListItemID) {
        elements[item] = nil
        if !horizon.covers(item.stamp) { removed.insert(item) }
    }

    private mutating func take(_ mark: Mark<Element>, for item: ListItemID) {
        if let own = elements[item], mark.stamp <= own.stamp { return }
        elements[item] = mark
    }

    /// Whether the item was removed: marked so, or absent although it must have been here.
    private func isGone(_ item: ListItemID) -> Bool {
        removed.contains(item) || (horizon.covers(item.stamp) && elements[item] == nil)
    }

    private mutating func dropRemoved() {
        guard horizon.stamp != nil else { return }
        removed = removed.filter { !horizon.covers($0.stamp) }
    }
}

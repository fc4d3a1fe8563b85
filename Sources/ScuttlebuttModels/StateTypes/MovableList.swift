// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A list whose items several peers can insert, remove, replace and move concurrently.
///
/// Each item has an identifier and one place, that of its last move. Concurrent moves never
/// duplicate an item, and a removal wins over a move. Runs that two peers insert at one spot do not
/// interleave. Pitfall: turn an index into an operation where you dispatch, with
/// ``makeInsert(_:at:)`` and the like; an index in an action would refer to another item when the
/// action arrives.
///
/// The list grows by about 300 bytes for each insertion and 200 for each move, including those of
/// removed items: later places depend on earlier ones, so compaction frees only removal marks.
///
/// - SeeAlso: Kleppmann, "Moving Elements in List CRDTs" (2020).
public struct MovableList<Element: Codable & Equatable & Sendable>: CommutingOperations, Mergeable {
    /// A change of the list.
    public enum Operation: Codable, Equatable, Sendable {
        /// Inserts consecutive elements; made by ``MovableList/makeInsert(_:at:)``.
        case insert([Element], at: ListPlace)
        /// Removes items forever; made by ``MovableList/makeRemove(at:)``.
        case remove([ListItemID])
        /// Moves an item; made by ``MovableList/makeMove(from:to:)``.
        case move(ListItemID, to: ListPlace)
        /// Replaces the element of an item; made by ``MovableList/makeReplace(at:with:)``.
        case replace(ListItemID, with: Element)

        private enum InsertCodingKeys: String, CodingKey { case _0 = "elements", at }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "items" }
        private enum MoveCodingKeys: String, CodingKey { case _0 = "item", to }
        private enum ReplaceCodingKeys: String, CodingKey { case _0 = "item", with }
    }

    /// An element and the identifier of its item.
    public struct Item: Equatable, Sendable, Identifiable {
        /// The same on all peers, and after any number of moves.
        public let id: ListItemID
        /// The element of the item.
        public let element: Element
    }

    var places = PlaceTree()
    /// The elements of the items that are not removed.
    var elements: [ListItemID: Mark<Element>] = [:]
    /// The removed items.
    ///
    /// Items before the horizon are known to be removed if they are absent.
    var removed: Set<ListItemID> = []
    var horizon = CompactionHorizon()

    /// Creates an empty list.
    public init() {}

    /// The items in order.
    ///
    /// Store the result if you read it often, because it is computed on every access.
    ///
    /// - Complexity: O(n), counting every place where an item ever was.
    public var items: [Item] {
        standing.compactMap { _, item in
            elements[item]?.value.map { Item(id: item, element: $0) }
        }
    }

    /// The current places of the items, in order.
    ///
    /// The current place of an item is its newest one that is connected to the start of the list.
    /// An item whose newest place refers to something that has not arrived stays where it was.
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
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        // An operation is newer than everything it refers to. Anything else is a lie, which could
        // remove what has yet to be written.
        func refers(to item: ListItemID?) -> Bool { item.map { $0.stamp < stamp } ?? true }
        guard !horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .insert(let inserted, let place):
            if refers(to: place.parent) { insert(inserted, place, stamp) }
        case .remove(let items):
            for item in items where refers(to: item) { remove(item) }
        case .move(let item, let place):
            guard refers(to: item), refers(to: place.parent) else { return .applied }
            places.insert(ListItemID(stamp: stamp, index: 0), item: item, at: place)
        case .replace(let item, let element):
            guard refers(to: item), !isGone(item) else { return .applied }
            take(Mark(stamp: stamp, value: element), for: item)
        }
        return .applied
    }

    /// Joins both lists.
    public mutating func merge(_ other: MovableList) {
        for (id, node) in other.places.nodes {
            places.insert(id, item: node.item, at: node.place)
        }
        let own = elements
        // The other side has seen this item and no longer has it, so it was removed there.
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

    /// Forgets which items from before `stamp` were removed.
    ///
    /// Places stay.
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

    /// Whether the item was removed: it is marked as removed, or absent although it must have been
    /// here.
    private func isGone(_ item: ListItemID) -> Bool {
        removed.contains(item) || (horizon.covers(item.stamp) && elements[item] == nil)
    }

    private mutating func dropRemoved() {
        guard horizon.stamp != nil else { return }
        removed = removed.filter { !horizon.covers($0.stamp) }
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A set in which an element survives if one peer adds it while another one removes it.
///
/// A removal takes back exactly the additions that its author saw, identified by their stamps.
/// Pitfall: a reducer that simply removes the element is not add-wins, because it also deletes an
/// addition that the remover never saw. Make the operation with ``makeRemove(_:)``.
///
/// It grows by about 90 bytes for each element and 24 for each further source that added it.
/// Compaction frees removed elements. Adding an existing element costs no space.
public struct ORSet<Element: ReplicatedKey>: CommutingOperations, Mergeable, Clearable {
    /// A change of the set.
    public enum Operation: Codable, Equatable, Sendable {
        /// Adds an element.
        case add(Element)
        /// Takes back the additions that the author saw; made by ``ORSet/makeRemove(_:)``.
        case remove(Element, observed: ObservedStamps)
        /// Takes back the additions of several elements; made by ``ORSet/makeClear()``.
        case clear([Removal])

        private enum AddCodingKeys: String, CodingKey { case _0 = "element" }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "element", observed }
        private enum ClearCodingKeys: String, CodingKey { case _0 = "removals" }
    }

    /// An element and its additions that were seen.
    public struct Removal: Codable, Equatable, Sendable {
        /// The element to remove.
        public var element: Element
        /// The additions to take back.
        public var observed: ObservedStamps

        /// Creates a part of a ``Operation/clear(_:)``.
        public init(element: Element, observed: ObservedStamps) {
            self.element = element
            self.observed = observed
        }
    }

    private var tags = TagTable<Element>()

    /// Creates an empty set.
    public init() {}

    /// The elements in ascending order.
    ///
    /// - Complexity: O(n log n).
    public var elements: [Element] { tags.live }

    /// The number of elements.
    ///
    /// - Complexity: O(n).
    public var count: Int { tags.liveCount }

    /// Whether the element was added and not removed afterwards.
    public func contains(_ element: Element) -> Bool { tags[element].hasLive }

    /// Creates the operation that removes an element; `nil` if it is absent.
    public func makeRemove(_ element: Element) -> Operation? {
        let tags = tags[element]
        return tags.hasLive ? .remove(element, observed: tags.observed) : nil
    }

    /// Creates the operation that removes all current elements; `nil` if there are none.
    public func makeClear() -> Operation? {
        let removals = elements.map { Removal(element: $0, observed: tags[$0].observed) }
        return removals.isEmpty ? nil : .clear(removals)
    }

    /// Adds an element, or takes back what was seen.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !tags.horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .add(let element): tags.add(element, at: stamp)
        case .remove(let element, let observed): tags.remove(element, observed, at: stamp)
        case .clear(let removals):
            for removal in removals { tags.remove(removal.element, removal.observed, at: stamp) }
        }
        return .applied
    }

    /// Joins both sets.
    public mutating func merge(_ other: ORSet) { tags.merge(other.tags) }

    /// Forgets what was removed before `stamp`.
    public mutating func compact(stableBefore stamp: Stamp) { tags.compact(stableBefore: stamp) }
}

extension ORSet {
    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws { tags = try TagTable(from: decoder) }

    /// Writes the elements in ascending order, each with its stamps.
    public func encode(to encoder: any Encoder) throws { try tags.encode(to: encoder) }
}

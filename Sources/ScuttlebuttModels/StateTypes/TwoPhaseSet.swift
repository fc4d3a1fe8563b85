// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A set from which each element can be removed once and for all.
///
/// A removal wins over every insertion, whether earlier, later or concurrent. Pitfall: an element
/// never comes back. Use it for identifiers that are used once, such as those of orders or
/// sessions.
///
/// It grows by every element that was ever removed, forever: that is its purpose.
public struct TwoPhaseSet<Element: ReplicatedKey>: CommutingOperations, Mergeable {
    /// A change of the set.
    public enum Operation: Codable, Equatable, Sendable {
        /// Inserts an element, unless it was removed somewhere.
        case insert(Element)
        /// Removes an element forever, even one that was never inserted.
        case remove(Element)

        private enum InsertCodingKeys: String, CodingKey { case _0 = "element" }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "element" }
    }

    private var members: Set<Element> = []
    private var removed: Set<Element> = []

    /// Creates an empty set.
    public init() {}

    /// The elements in ascending order.
    ///
    /// - Complexity: O(n log n).
    public var elements: [Element] { members.sorted() }

    /// The number of elements.
    public var count: Int { members.count }

    /// Whether the element was inserted and not removed.
    public func contains(_ element: Element) -> Bool { members.contains(element) }

    /// Whether the element was removed, so that inserting it has no effect.
    public func hasRemoved(_ element: Element) -> Bool { removed.contains(element) }

    /// Inserts or removes the element.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        switch operation {
        case .insert(let element):
            if element == element, !removed.contains(element) { members.insert(element) }
        case .remove(let element):
            guard element == element else { return .applied }
            members.remove(element)
            removed.insert(element)
        }
        return .applied
    }

    /// Joins both sets.
    public mutating func merge(_ other: TwoPhaseSet) {
        removed.formUnion(other.removed)
        members.formUnion(other.members)
        members.subtract(removed)
    }

    /// Drops nothing: a removed element stays removed.
    public mutating func compact(stableBefore stamp: Stamp) {}
}

extension TwoPhaseSet {
    private struct Form: Codable {
        var elements: [Element]
        var removed: [Element]
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        removed = Set(form.removed.filter { $0 == $0 })
        members = Set(form.elements.filter { $0 == $0 }).subtracting(removed)
    }

    /// Writes the elements and the removed elements in ascending order.
    public func encode(to encoder: any Encoder) throws {
        try Form(elements: elements, removed: removed.sorted()).encode(to: encoder)
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A set that only grows.
///
/// Everything that was inserted anywhere is in it. Pitfall: nothing can be taken out, also not by
/// mistake; for anything that people edit use ``ORSet``.
///
/// Grows by its elements alone: no stamps are kept.
public struct GSet<Element: ReplicatedKey>: CommutingOperations, Mergeable {
    /// A change of the set.
    public enum Operation: Codable, Equatable, Sendable {
        /// Inserts an element.
        case insert(Element)

        private enum InsertCodingKeys: String, CodingKey { case _0 = "element" }
    }

    private var members: Set<Element> = []

    /// Makes an empty set.
    public init() {}

    /// The elements in ascending order.
    ///
    /// - Complexity: O(n log n).
    public var elements: [Element] { members.sorted() }

    /// How many elements there are.
    public var count: Int { members.count }

    /// Whether the element was inserted.
    public func contains(_ element: Element) -> Bool { members.contains(element) }

    /// Inserts the element.
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        switch operation {
        case .insert(let element): if element == element { members.insert(element) }
        }
    }

    /// Joins both sets.
    public mutating func merge(_ other: GSet) { members.formUnion(other.members) }

    /// Nothing is dropped.
    public mutating func compact(stableBefore stamp: Stamp) {}
}

extension GSet {
    /// Reads an array of the elements in any order.
    public init(from decoder: any Decoder) throws {
        members = Set(try [Element](from: decoder).filter { $0 == $0 })
    }

    /// Writes an array of the elements in ascending order.
    public func encode(to encoder: any Encoder) throws { try elements.encode(to: encoder) }
}

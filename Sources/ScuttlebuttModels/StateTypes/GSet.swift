// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A set that only grows.
///
/// It contains everything that was inserted anywhere. Pitfall: nothing can be removed, not even by
/// the person who inserted it by mistake. Use ``ORSet`` for anything that people edit.
///
/// It grows only by its elements: it keeps no stamps.
public struct GSet<Element: ReplicatedKey>: CommutingOperations, Mergeable {
    /// A change of the set.
    public enum Operation: Codable, Equatable, Sendable {
        /// Inserts an element.
        case insert(Element)

        private enum InsertCodingKeys: String, CodingKey { case _0 = "element" }
    }

    private var members: Set<Element> = []

    /// Creates an empty set.
    public init() {}

    /// The elements in ascending order.
    ///
    /// - Complexity: O(n log n).
    public var elements: [Element] { members.sorted() }

    /// The number of elements.
    public var count: Int { members.count }

    /// Whether the element was inserted.
    public func contains(_ element: Element) -> Bool { members.contains(element) }

    /// Inserts the element.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        switch operation {
        case .insert(let element): if element == element { members.insert(element) }
        }
        return .applied
    }

    /// Joins both sets.
    public mutating func merge(_ other: GSet) { members.formUnion(other.members) }

    /// Drops nothing.
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

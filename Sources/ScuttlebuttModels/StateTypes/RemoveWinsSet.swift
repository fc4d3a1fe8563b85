// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A set in which an element is removed if one peer adds it while another one removes it.
///
/// An addition counts if its author had seen all removals, which suits access lists. Pitfall: an
/// addition that did not see a removal has no effect, even if it has the greater stamp. Make it
/// with ``makeAdd(_:)``.
///
/// It grows by about 100 bytes for each removed element, until the element is added again and the
/// set is compacted. A lasting removal stays recorded.
public struct RemoveWinsSet<Element: ReplicatedKey>: CommutingOperations, Mergeable {
    /// A change of the set.
    public enum Operation: Codable, Equatable, Sendable {
        /// Adds an element, overriding the removals that the author saw; made by
        /// ``RemoveWinsSet/makeAdd(_:)``.
        case add(Element, observed: ObservedStamps)
        /// Removes an element.
        case remove(Element)

        private enum AddCodingKeys: String, CodingKey { case _0 = "element", observed }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "element" }
    }

    /// Everything that was ever added.
    private var added: Set<Element> = []
    private var removals = TagTable<Element>()

    /// Creates an empty set.
    public init() {}

    /// The elements in ascending order.
    ///
    /// - Complexity: O(n log n).
    public var elements: [Element] { added.filter { !removals[$0].hasLive }.sorted() }

    /// The number of elements.
    ///
    /// - Complexity: O(n).
    public var count: Int { added.reduce(0) { $0 + (removals[$1].hasLive ? 0 : 1) } }

    /// Whether the element was added and every removal was seen by an addition.
    public func contains(_ element: Element) -> Bool {
        added.contains(element) && !removals[element].hasLive
    }

    /// Creates the operation that adds an element, overriding all current removals.
    public func makeAdd(_ element: Element) -> Operation {
        .add(element, observed: removals[element].observed)
    }

    /// Adds, overriding what was seen, or removes.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !removals.horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .add(let element, let observed):
            if removals.remove(element, observed, at: stamp) { added.insert(element) }
        case .remove(let element): removals.add(element, at: stamp)
        }
        return .applied
    }

    /// Joins both sets.
    public mutating func merge(_ other: RemoveWinsSet) {
        added.formUnion(other.added)
        removals.merge(other.removals)
    }

    /// Forgets the removals before `stamp` that were overridden.
    public mutating func compact(stableBefore stamp: Stamp) {
        removals.compact(stableBefore: stamp)
    }
}

extension RemoveWinsSet {
    private struct Form: Codable {
        var added: [Element]
        var removals: TagTable<Element>
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        added = Set(form.added.filter { $0 == $0 })
        removals = form.removals
    }

    /// Writes the added elements and the removals, each in ascending order.
    public func encode(to encoder: any Encoder) throws {
        try Form(added: added.sorted(), removals: removals).encode(to: encoder)
    }
}

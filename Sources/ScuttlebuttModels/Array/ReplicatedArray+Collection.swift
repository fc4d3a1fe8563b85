// SPDX-License-Identifier: MIT

/// The elements in order, each decoded on access.
///
/// An element is `nil` if its JSON is not a `Value`, because another program wrote it; it still has
/// its place. ``ReplicatedArray/values`` leaves such elements out.
extension ReplicatedArray: RandomAccessCollection {
    /// A position, counted from zero.
    public typealias Index = Int

    /// Zero.
    public var startIndex: Int { 0 }

    /// The number of elements.
    public var endIndex: Int { core.items.count }

    /// The element at an index, or `nil` if it is not a `Value` or the index is out of range.
    ///
    /// An index may be out of date by the time it is used, so it never traps.
    ///
    /// - Complexity: O(log *n*), plus decoding the element.
    public subscript(index: Int) -> Value? {
        rawValue(at: index).flatMap { ValueCoding.decode(Value.self, from: $0) }
    }

    /// The elements in a range of indexes, as far as there are any.
    public subscript(bounds: Range<Int>) -> Slice<ReplicatedArray> {
        Slice(base: self, bounds: bounds.clamped(to: startIndex..<endIndex))
    }

    /// An iterator over the elements in order.
    public struct Iterator: IteratorProtocol {
        fileprivate var walk: OrderedTree<PropertyKey, ArrayCore.Item>.Iterator

        /// The next element, which is itself `nil` if it is not a `Value`.
        public mutating func next() -> Value?? {
            guard let item = walk.next()?.element else { return .none }
            return .some(ValueCoding.decode(Value.self, from: item.bytes))
        }
    }

    /// Iterates over the elements, each in amortised O(1) plus decoding.
    public func makeIterator() -> Iterator { Iterator(walk: core.items.makeIterator()) }
}

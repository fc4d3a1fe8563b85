// SPDX-License-Identifier: MIT

/// The elements in order, each decoded when it is asked for.
///
/// An element is `nil` when its JSON is not a `Value`, which another program may have written: it
/// has its place all the same. ``ReplicatedArray/values`` leaves such elements out.
extension ReplicatedArray: RandomAccessCollection {
    /// A position, from zero.
    public typealias Index = Int

    /// Zero.
    public var startIndex: Int { 0 }

    /// How many elements there are.
    public var endIndex: Int { core.items.count }

    /// The element at an index, or `nil` if it is not a `Value`.
    ///
    /// - Complexity: O(log *n*) and that of decoding the element.
    public subscript(index: Int) -> Value? {
        ValueCoding.decode(Value.self, from: core.items[index].element.bytes)
    }

    /// Walks over the elements in order.
    public struct Iterator: IteratorProtocol {
        private var walk: OrderedTree<PropertyKey, ArrayCore.Item>.Iterator

        fileprivate init(_ walk: OrderedTree<PropertyKey, ArrayCore.Item>.Iterator) {
            self.walk = walk
        }

        /// The next element, itself `nil` if it is not a `Value`.
        public mutating func next() -> Value?? {
            guard let item = walk.next()?.element else { return .none }
            return .some(ValueCoding.decode(Value.self, from: item.bytes))
        }
    }

    /// Walks over the elements, each in O(1) amortised besides decoding.
    public func makeIterator() -> Iterator { Iterator(core.items.makeIterator()) }
}

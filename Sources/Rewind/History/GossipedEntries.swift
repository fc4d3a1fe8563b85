// SPDX-License-Identifier: MIT

/// The gossiped entries of a ``History`` at one moment, in the agreed order.
public struct GossipedEntries<Action>: Sequence {
    @usableFromInline let storage: EntryStorage<Action>

    @inlinable
    init(_ storage: EntryStorage<Action>) { self.storage = storage }

    /// Returns an iterator that starts at the smallest stamp.
    @inlinable
    public func makeIterator() -> Iterator { Iterator(storage) }

    /// An iterator over the gossiped entries, which skips the local-only ones.
    public struct Iterator: IteratorProtocol {
        @usableFromInline let storage: EntryStorage<Action>
        @usableFromInline var index: Int

        @inlinable
        init(_ storage: EntryStorage<Action>) {
            self.storage = storage
            index = storage.start
        }

        /// The next entry, or `nil` after the newest stamp.
        @inlinable
        public mutating func next() -> HistoryEntry<Action>? {
            while index < storage.count {
                index += 1
                if !storage[index - 1].isLocal { return storage.entry(at: index - 1) }
            }
            return nil
        }
    }
}

extension GossipedEntries: Sendable where Action: Sendable {}
extension GossipedEntries.Iterator: Sendable where Action: Sendable {}

// SPDX-License-Identifier: MIT

extension History {
    /// All entries in order, local-only ones included: what the state is the fold of.
    ///
    /// Never show, save or send this; ``gossiped`` is for that.
    @inlinable
    public var entries: HistoryEntries<Action> { HistoryEntries(storage) }

    /// The gossiped actions in the agreed order: the history that is shown, saved and sent.
    @inlinable
    public var gossiped: GossipedEntries<Action> { GossipedEntries(storage) }
}

/// All entries of a ``History`` at one moment, with random access in O(1).
///
/// It shares the history's storage: while it lives, the next change copies the list of chunks and
/// the chunks that it touches.
public struct HistoryEntries<Action>: RandomAccessCollection {
    @usableFromInline let storage: EntryStorage<Action>

    @inlinable
    init(_ storage: EntryStorage<Action>) { self.storage = storage }

    /// Always 0.
    @inlinable
    public var startIndex: Int { 0 }

    /// The number of entries.
    @inlinable
    public var endIndex: Int { storage.count }

    /// The entry at a place in the order, from 0.
    @inlinable
    public subscript(index: Int) -> HistoryEntry<Action> {
        precondition(index >= 0 && index < storage.count, "no entry of the history at this index")
        return storage[index]
    }
}

/// The gossiped entries of a ``History`` at one moment, in the agreed order.
public struct GossipedEntries<Action>: Sequence {
    @usableFromInline let storage: EntryStorage<Action>

    @inlinable
    init(_ storage: EntryStorage<Action>) { self.storage = storage }

    /// Starts at the smallest stamp.
    @inlinable
    public func makeIterator() -> Iterator { Iterator(storage) }

    /// Walks over the gossiped entries and leaves the local-only ones out.
    public struct Iterator: IteratorProtocol {
        @usableFromInline let storage: EntryStorage<Action>
        @usableFromInline var index = 0

        @inlinable
        init(_ storage: EntryStorage<Action>) { self.storage = storage }

        /// The next entry, or `nil` after the newest stamp.
        @inlinable
        public mutating func next() -> HistoryEntry<Action>? {
            while index < storage.count {
                index += 1
                if !storage[index - 1].isLocal { return storage[index - 1] }
            }
            return nil
        }
    }
}

extension HistoryEntries: Sendable where Action: Sendable {}
extension GossipedEntries: Sendable where Action: Sendable {}
extension GossipedEntries.Iterator: Sendable where Action: Sendable {}

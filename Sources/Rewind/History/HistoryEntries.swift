// SPDX-License-Identifier: MIT

extension History {
    /// All entries in order, including local-only ones; folding them gives the state.
    ///
    /// Never show, save or send these; use ``gossiped`` for that.
    @inlinable
    public var entries: HistoryEntries<Action> { HistoryEntries(storage) }

    /// The gossiped actions in the agreed order: the history to show, save and send.
    @inlinable
    public var gossiped: GossipedEntries<Action> { GossipedEntries(storage) }
}

/// All entries of a ``History`` at one moment, with random access in O(1).
///
/// It shares storage with the history: while it exists, the next change copies the list of chunks
/// and the chunks that it touches.
public struct HistoryEntries<Action>: RandomAccessCollection {
    @usableFromInline let storage: EntryStorage<Action>

    @inlinable
    init(_ storage: EntryStorage<Action>) { self.storage = storage }

    /// The position of the oldest entry kept, which is 0 unless the history was trimmed.
    @inlinable
    public var startIndex: Int { storage.start }

    /// The position after the newest entry.
    @inlinable
    public var endIndex: Int { storage.count }

    /// The entry at a position in the order, from 0.
    @inlinable
    public subscript(index: Int) -> HistoryEntry<Action> {
        precondition(
            index >= storage.start && index < storage.count, "no entry of the history at this index"
        )
        return storage.entry(at: index)
    }
}

extension HistoryEntries: Sendable where Action: Sendable {}

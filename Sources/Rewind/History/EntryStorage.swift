// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The entries of a history, ascending by place, in chunks that a copy of the history shares.
///
/// Every chunk but the last is full, so an index is a shift and a mask away. Entries enter in the
/// middle only by detaching what follows and weaving it back, which costs no more than the replay
/// that has to follow anyway.
@usableFromInline
struct EntryStorage<Action> {
    @usableFromInline typealias Entry = HistoryEntry<Action>

    @usableFromInline var chunks: [[Entry]] = []
    @usableFromInline var count = 0

    /// Entries per chunk, a power of two; `chunkMask` and `chunkShift` follow from it.
    @inlinable static var chunkCapacity: Int { 512 }
    @inlinable static var chunkShift: Int { 9 }
    @inlinable static var chunkMask: Int { chunkCapacity - 1 }

    @inlinable
    init() {}

    @inlinable
    subscript(index: Int) -> Entry {
        _read { yield chunks[index >> Self.chunkShift][index & Self.chunkMask] }
        _modify { yield &chunks[index >> Self.chunkShift][index & Self.chunkMask] }
    }

    @inlinable
    mutating func append(_ entry: consuming Entry) {
        if count & Self.chunkMask == 0 {
            var chunk: [Entry] = []
            // A short history stays small; a long one does not grow each chunk step by step.
            if count != 0 { chunk.reserveCapacity(Self.chunkCapacity) }
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(entry)
        count += 1
    }

    /// The newest stamp.
    ///
    /// The last entry carries it even when that is a local-only one: it is anchored there.
    @inlinable
    var newest: Stamp? {
        count == 0 ? nil : self[count - 1].anchor
    }

    /// Whether `stamp` lies after everything that is here.
    @inlinable
    func endsBefore(_ stamp: Stamp) -> Bool {
        guard count != 0, let newest = self[count - 1].anchor else { return true }
        return newest < stamp
    }

    /// The first index whose entry does not lie before the gossiped action at `stamp`.
    ///
    /// - Complexity: O(log count).
    @inlinable
    func lowerBound(of stamp: Stamp) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) >> 1
            if let anchor = self[middle].anchor, !(anchor < stamp) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    /// The index of the gossiped action at `stamp`, if it is here.
    @inlinable
    func index(of stamp: Stamp) -> Int? {
        let index = lowerBound(of: stamp)
        // The first entry with this anchor is the gossiped one: local-only ones follow it.
        guard index < count, let anchor = self[index].anchor, !(stamp < anchor) else { return nil }
        return index
    }

    /// Removes the entries from `index` on and returns them.
    ///
    /// - Complexity: O(removed entries of the first chunk + removed chunks).
    @inlinable
    mutating func detach(from index: Int) -> [[Entry]] {
        guard index < count else { return [] }
        let first = index >> Self.chunkShift
        let offset = index & Self.chunkMask
        var suffix: [[Entry]] = []
        suffix.reserveCapacity(chunks.count - first)
        if offset == 0 {
            suffix.append(contentsOf: chunks[first...])
            chunks.removeSubrange(first...)
        } else {
            suffix.append(Array(chunks[first][offset...]))
            suffix.append(contentsOf: chunks[(first + 1)...])
            chunks.removeSubrange((first + 1)...)
            chunks[first].removeSubrange(offset...)
        }
        count = index
        return suffix
    }
}

extension EntryStorage: Sendable where Action: Sendable {}

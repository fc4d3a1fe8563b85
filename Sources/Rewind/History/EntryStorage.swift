// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The entries of a history in ascending order, in chunks that copies of the history share.
///
/// Every chunk except the last is full, so finding an index takes a shift and a mask. Entries are
/// inserted in the middle only by detaching what follows and weaving it back in, which costs no
/// more than the replay that must follow anyway.
@usableFromInline
struct EntryStorage<Action> {
    @usableFromInline typealias Entry = HistoryEntry<Action>

    @usableFromInline var chunks: [[Entry]] = []
    @usableFromInline var count = 0

    /// The number of entries per chunk: a power of two, from which `chunkMask` and `chunkShift`
    /// derive.
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
            // A short history stays small, and a long one does not grow each chunk step by step.
            if count != 0 { chunk.reserveCapacity(Self.chunkCapacity) }
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(entry)
        count += 1
    }

    /// The newest stamp.
    ///
    /// The last entry has it even if it is local-only, because it is anchored there.
    @inlinable
    var newest: Stamp? {
        count == 0 ? nil : self[count - 1].anchor
    }

    /// Returns whether `stamp` comes after all entries.
    @inlinable
    func endsBefore(_ stamp: Stamp) -> Bool {
        guard count != 0, let newest = self[count - 1].anchor else { return true }
        return newest < stamp
    }

    /// Returns the first index whose entry does not come before the gossiped action at `stamp`.
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

    /// Returns the index of the gossiped action at `stamp`, or `nil` if there is none.
    @inlinable
    func index(of stamp: Stamp) -> Int? {
        let index = lowerBound(of: stamp)
        // The first entry with this anchor is the gossiped one; local-only ones follow it.
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

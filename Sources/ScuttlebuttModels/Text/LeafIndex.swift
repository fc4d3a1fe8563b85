// SPDX-License-Identifier: MIT

/// Finds the leaf that contains a scalar of one source by its counter.
///
/// Consecutive counters in one leaf share an entry, so splitting a span within its leaf does not
/// affect the index. Entries are kept in chunks that are small enough to insert into.
struct LeafIndex: Sendable {
    struct Entry: Sendable {
        var start: UInt32
        var leaf: Int32
    }

    private static let chunkSize = 128
    private var chunks: [[Entry]] = []
    /// The first start of each chunk.
    private var firsts: [UInt32] = []

    /// The leaf of an existing counter.
    func leaf(of counter: UInt32) -> Int {
        let (chunk, entry) = position(of: counter)
        return Int(chunks[chunk][entry].leaf)
    }

    /// Records that the counters from `start` on, all new, are in `leaf`.
    mutating func append(_ start: UInt32, leaf: Int) {
        let entry = Entry(start: start, leaf: Int32(leaf))
        guard let last = chunks.last?.last else {
            chunks.append([entry])
            firsts.append(start)
            return
        }
        if last.leaf == entry.leaf { return }
        insert(entry, chunk: chunks.count - 1, at: chunks[chunks.count - 1].count)
    }

    /// Records that the counters of `range` have moved to `leaf`; `limit` is the number of existing
    /// counters.
    mutating func move(_ range: Range<UInt32>, to leaf: Int, limit: UInt32) {
        let leaf = Int32(leaf)
        var (chunk, place) = position(of: range.lowerBound)
        let old = chunks[chunk][place]
        if old.leaf == leaf, end(chunk, place, limit) >= range.upperBound { return }
        if old.start == range.lowerBound {
            chunks[chunk][place].leaf = leaf
        } else {
            (chunk, place) = insert(
                Entry(start: range.lowerBound, leaf: leaf), chunk: chunk, at: place + 1)
        }
        // The following entries in the range are of leaves that no longer contain it.
        var lastLeaf = old.leaf
        while let next = following(chunk, place), next.entry.start < range.upperBound {
            lastLeaf = next.entry.leaf
            remove(next.chunk, next.place)
        }
        let follower = following(chunk, place)
        if range.upperBound < limit, follower?.entry.start != range.upperBound {
            insert(
                Entry(start: range.upperBound, leaf: lastLeaf), chunk: chunk, at: place + 1)
        }
    }

    private func end(_ chunk: Int, _ place: Int, _ limit: UInt32) -> UInt32 {
        following(chunk, place)?.entry.start ?? limit
    }

    private func following(
        _ chunk: Int, _ place: Int
    ) -> (chunk: Int, place: Int, entry: Entry)? {
        if place + 1 < chunks[chunk].count { return (chunk, place + 1, chunks[chunk][place + 1]) }
        guard chunk + 1 < chunks.count else { return nil }
        return (chunk + 1, 0, chunks[chunk + 1][0])
    }

    private func position(of counter: UInt32) -> (Int, Int) {
        let chunk = max(firsts.partitioningIndex { $0 > counter } - 1, 0)
        let entry = chunks[chunk].withUnsafeBufferPointer { entries in
            entries.partitioningIndex { $0.start > counter }
        }
        return (chunk, max(entry - 1, 0))
    }

    @discardableResult
    private mutating func insert(_ entry: Entry, chunk: Int, at place: Int) -> (Int, Int) {
        chunks[chunk].insert(entry, at: place)
        guard chunks[chunk].count > LeafIndex.chunkSize else { return (chunk, place) }
        // Counters mostly ascend, so a chunk that was filled at its end stays nearly full.
        let kept =
            place == LeafIndex.chunkSize ? LeafIndex.chunkSize - 8 : LeafIndex.chunkSize / 2
        let moved = Array(chunks[chunk][kept...])
        chunks[chunk].removeSubrange(kept...)
        chunks.insert(moved, at: chunk + 1)
        firsts.insert(moved[0].start, at: chunk + 1)
        return place < kept ? (chunk, place) : (chunk + 1, place - kept)
    }

    private mutating func remove(_ chunk: Int, _ place: Int) {
        chunks[chunk].remove(at: place)
        if chunks[chunk].isEmpty {
            chunks.remove(at: chunk)
            firsts.remove(at: chunk)
        } else if place == 0 {
            firsts[chunk] = chunks[chunk][0].start
        }
    }
}

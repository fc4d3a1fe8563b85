// SPDX-License-Identifier: MIT

/// The retained updates, as one ascending run per source: the value of a store, and what a data
/// type keeps because a peer may still need it.
///
/// It holds no ``Update`` values: the bytes of several hundred lie back to back in one buffer, with
/// 12 bytes beside each (decision 0031). An ``Update`` that is handed out is a copy.
///
/// What a peer lacks is a suffix of each run. It is found by one comparison per source and one
/// binary search per run that has something, so the cost of ``delta(since:limit:)`` depends on what
/// it returns, not on what is stored. A store retains every update; data types remove those that a
/// later one supersedes.
public struct UpdateLog: Sendable {
    private var indexes: [Source: Int] = [:]
    var runs: [Run] = []
    /// What is in a storage only, by the same index.
    var parts: [StoredPart] = []
    /// The number of updates in all parts.
    var storedCount = 0
    /// The run that was appended to last; most updates follow one from the same source.
    private var lastIndex = 0

    /// The number of retained updates, those that only a storage has included.
    public internal(set) var count = 0
    /// The number of bytes in the payloads and tails of the updates in memory.
    public internal(set) var byteCount = 0

    /// Creates an empty log.
    public init() {}

    /// The number of sources that have written.
    public var sourceCount: Int { runs.count }

    /// The newest timestamp of each source, removed updates included.
    ///
    /// - Complexity: O(sources).
    public var vector: VersionVector {
        var vector = VersionVector()
        for run in runs { if let newest = run.newest { vector.advance(run.source, to: newest) } }
        return vector
    }

    /// Appends an update that is newer than all others from its source, removed ones included.
    ///
    /// - Returns: `false`, without any change, if the source has had the same or a newer timestamp,
    ///   or if the payload and the tail have 512 MiB or more, which no line can carry.
    /// - Complexity: O(1) amortised.
    @discardableResult
    public mutating func append(_ update: Update) -> Bool {
        append(update.payload, at: update.timestamp, from: update.source, tail: update.tail)
    }

    @inline(__always)
    mutating func append(
        _ payload: consuming Payload, at timestamp: Timestamp, from source: Source,
        tail: [UInt8]? = nil
    ) -> Bool {
        let size = payload.count + (tail?.count ?? 0)
        let index = indexOfRun(of: source)
        lastIndex = index
        guard runs[index].append(payload, at: timestamp, tail: tail) else { return false }
        count += 1
        byteCount += size
        return true
    }

    /// Returns the index of a source's run, which is made if there is none.
    @inline(__always)
    mutating func indexOfRun(of source: Source) -> Int {
        if let known = index(of: source) { return known }
        let index = runs.count
        indexes[source] = index
        runs.append(Run(source: source))
        parts.append(StoredPart())
        return index
    }

    /// Returns the index of a source's run, if there is one.
    @inline(__always)
    func index(of source: Source) -> Int? {
        if lastIndex < runs.count, runs[lastIndex].source == source { return lastIndex }
        // Comparing with a few sources costs less than hashing one.
        if runs.count <= VersionVector.fewLimit { return runs.firstIndex { $0.source == source } }
        return indexes[source]
    }

    /// Removes an update that a later one supersedes.
    ///
    /// - Returns: The update, or `nil` if it is not retained.
    /// - Complexity: O(log n).
    @discardableResult
    public mutating func remove(_ stamp: Stamp) -> Update? {
        guard let index = index(of: stamp.source),
            let place = runs[index].place(of: stamp.timestamp)
        else { return nil }
        let update = runs[index].update(at: place)
        remove(index, place)
        return update
    }

    /// Removes an update that a later one supersedes, without a copy of it.
    ///
    /// - Returns: `false` if it is not retained.
    /// - Complexity: O(log n).
    @discardableResult
    public mutating func discard(_ stamp: Stamp) -> Bool {
        guard let index = index(of: stamp.source),
            let place = runs[index].place(of: stamp.timestamp)
        else { return false }
        remove(index, place)
        return true
    }

    private mutating func remove(_ index: Int, _ place: Run.Place) {
        count -= 1
        byteCount -= runs[index].byteCount(at: place)
        runs[index].remove(at: place)
    }

    /// Returns the update with this stamp, or `nil` if it is not retained.
    ///
    /// - Complexity: O(log n).
    public func update(at stamp: Stamp) -> Update? {
        guard let index = index(of: stamp.source),
            let place = runs[index].place(of: stamp.timestamp)
        else { return nil }
        return runs[index].update(at: place)
    }

    /// Returns the updates that a peer with this vector lacks, in agreed order, as many as `limit`
    /// allows.
    ///
    /// The part of each source is a prefix of what the peer lacks from it, so a truncated delta
    /// leaves no gap: advance the vector by what was returned and ask again.
    ///
    /// - Complexity: O(sources + r log sources) for r updates returned.
    public func delta(since known: VersionVector, limit: DeltaLimit = .unlimited) -> [Update] {
        merge(heads(since: known), limit)
    }

    /// The first update of each source that a peer with this vector lacks.
    func heads(since known: VersionVector) -> [Head] {
        var heads: [Head] = []
        for index in runs.indices {
            guard let newest = runs[index].newest else { continue }
            let seen = known[runs[index].source]
            if let seen, seen >= newest { continue }
            let place = runs[index].place(after: seen)
            guard let timestamp = runs[index].timestamp(at: place) else { continue }
            heads.append(Head(run: index, place: place, timestamp: timestamp))
        }
        return heads
    }

    /// The next update of one run in a merge.
    ///
    /// It holds no references, because a heap moves it often.
    struct Head {
        let run: Int
        var place: Run.Place
        var timestamp: Timestamp
        /// Where the merge keeps what belongs to this run.
        var slot = 0
    }

    /// Returns a heap of heads in the order of `Stamp.<`, repeated here because building stamps
    /// would count references.
    func heap(of heads: [Head]) -> BinaryHeap<Head> {
        let runs = runs
        return BinaryHeap(heads) { left, right in
            if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
            return runs[left.run].source < runs[right.run].source
        }
    }

    private func merge(_ heads: [Head], _ limit: DeltaLimit) -> [Update] {
        var result: [Update] = []
        var room = limit
        var heap = heap(of: heads)
        while var head = heap.first {
            let byteCount = runs[head.run].payloadByteCount(at: head.place)
            guard room.take(byteCount) || result.isEmpty else { break }
            result.append(runs[head.run].update(at: head.place))
            head.place = runs[head.run].place(next: head.place)
            if let timestamp = runs[head.run].timestamp(at: head.place) {
                head.timestamp = timestamp
                heap.replaceFirst(head)
            } else {
                heap.removeFirst()
            }
        }
        return result
    }
}

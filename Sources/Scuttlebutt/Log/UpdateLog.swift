// SPDX-License-Identifier: MIT

/// The retained updates, as one ascending run per source: the value of a store, and what a data
/// type keeps because a peer may still need it.
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
    /// - Returns: `false`, without any change, if the source has had the same or a newer timestamp.
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
            let update = runs[index].remove(stamp.timestamp)
        else { return nil }
        count -= 1
        byteCount -= update.byteCount
        return update
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
        var heads: [Head] = []
        for index in runs.indices {
            guard let newest = runs[index].newest else { continue }
            let seen = known[runs[index].source]
            if let seen, seen >= newest { continue }
            let place = runs[index].place(after: seen)
            guard let timestamp = runs[index].timestamp(at: place) else { continue }
            heads.append(Head(run: index, place: place, timestamp: timestamp))
        }
        return merge(heads, limit)
    }

    /// The next update of one run in a merge.
    ///
    /// It holds no references, because a heap moves it often.
    private struct Head {
        let run: Int
        var place: Run.Place
        var timestamp: Timestamp
    }

    private func merge(_ heads: [Head], _ limit: DeltaLimit) -> [Update] {
        var result: [Update] = []
        var room = limit
        let runs = runs
        // The order of `Stamp.<`, repeated because building stamps would count references.
        var heap = BinaryHeap(heads) { left, right in
            if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
            return runs[left.run].source < runs[right.run].source
        }
        while var head = heap.first {
            let update = runs[head.run].update(at: head.place)
            guard room.take(update) || result.isEmpty else { break }
            result.append(update)
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

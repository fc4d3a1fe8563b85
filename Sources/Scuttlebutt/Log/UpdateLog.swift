// SPDX-License-Identifier: MIT

/// All retained updates, as one ascending run per source.
///
/// What a peer lacks is a suffix of each run. It is found by one comparison per source and one
/// binary search per run that has something, so the cost of ``delta(since:limit:)`` depends on what
/// it returns, not on what is stored.
public struct UpdateLog: Sendable {
    private var indexes: [Source: Int] = [:]
    var runs: [Run] = []
    /// The run that was appended to last; most updates follow one from the same source.
    private var lastIndex = 0

    /// The number of retained updates.
    public internal(set) var count = 0
    /// The number of bytes in the payloads and tails of the retained updates.
    public internal(set) var byteCount = 0

    /// Creates an empty log.
    public init() {}

    /// The number of sources that have written.
    public var sourceCount: Int { runs.count }

    /// The newest timestamp of each source.
    ///
    /// - Complexity: O(sources).
    public var vector: VersionVector {
        var vector = VersionVector()
        for run in runs { if let last = run.last { vector.advance(run.source, to: last) } }
        return vector
    }

    /// Appends an update that is newer than all others from its source.
    ///
    /// - Returns: `false`, without any change, if the log has the same or a newer timestamp from
    ///   the source.
    /// - Complexity: O(1) amortised.
    @discardableResult
    public mutating func append(_ update: Update) -> Bool {
        let index: Int
        if let known = self.index(of: update.source) {
            index = known
        } else {
            index = runs.count
            indexes[update.source] = index
            runs.append(Run(source: update.source))
        }
        lastIndex = index
        guard runs[index].append(update) else { return false }
        count += 1
        byteCount += update.byteCount
        return true
    }

    /// Returns the index of a source's run, if there is one.
    func index(of source: Source) -> Int? {
        if lastIndex < runs.count, runs[lastIndex].source == source { return lastIndex }
        // Comparing with a few sources costs less than hashing one.
        if runs.count <= VersionVector.fewLimit { return runs.firstIndex { $0.source == source } }
        return indexes[source]
    }

    /// Returns the update with this stamp, or `nil` if it is not retained.
    ///
    /// - Complexity: O(log n).
    public func update(at stamp: Stamp) -> Update? {
        guard let index = index(of: stamp.source) else { return nil }
        return runs[index].update(at: stamp.timestamp)
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
            guard let last = runs[index].last else { continue }
            if let seen = known[runs[index].source] {
                guard seen < last else { continue }
                heads.append(Head(index, runs[index].firstPosition(after: seen), runs))
            } else {
                heads.append(Head(index, 0, runs))
            }
        }
        return merge(&heads, limit)
    }

    /// The next update of one run in a merge.
    ///
    /// It holds no references, because a heap moves it often.
    private struct Head {
        let run: Int
        var position: Int
        var timestamp: Timestamp

        init(_ run: Int, _ position: Int, _ runs: [Run]) {
            self.run = run
            self.position = position
            timestamp = runs[run].timestamp(position)
        }
    }

    private func merge(_ heads: inout [Head], _ limit: DeltaLimit) -> [Update] {
        var result: [Update] = []
        var room = limit
        let runs = runs
        // The order of `Stamp.<`, repeated because building stamps would count references.
        var heap = BinaryHeap(heads) { left, right in
            if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
            return runs[left.run].source < runs[right.run].source
        }
        while var head = heap.first {
            let update = runs[head.run].update(position: head.position)
            guard room.take(update) || result.isEmpty else { break }
            result.append(update)
            head.position += 1
            if head.position < runs[head.run].count {
                head.timestamp = runs[head.run].timestamp(head.position)
                heap.replaceFirst(head)
            } else {
                heap.removeFirst()
            }
        }
        return result
    }
}

/// The most that a delta may contain, in updates and in bytes.
public struct DeltaLimit: Hashable, Sendable {
    /// The largest number of updates.
    public var updates: Int
    /// The largest number of payload bytes; a single larger update is still sent, alone.
    public var bytes: Int

    /// Creates a limit.
    public init(updates: Int = .max, bytes: Int = .max) {
        self.updates = updates
        self.bytes = bytes
    }

    /// No limit.
    public static let unlimited = DeltaLimit()

    mutating func take(_ update: Update) -> Bool {
        guard updates > 0, bytes >= update.payload.count else {
            // An update that is too large is sent alone, so nothing may follow it.
            updates = 0
            return false
        }
        updates -= 1
        bytes -= update.payload.count
        return true
    }
}

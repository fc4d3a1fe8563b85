// SPDX-License-Identifier: MIT

/// All retained updates: for each source one run in ascending order.
///
/// What a peer lacks is then a suffix of each run, found by one comparison per source and one
/// binary search per run that has something: ``delta(since:limit:)`` costs what it returns, not
/// what is stored.
public struct UpdateLog: Sendable {
    private var indexes: [Source: Int] = [:]
    var runs: [Run] = []
    /// The run that was appended to last: most updates follow one of the same source.
    private var lastIndex = 0

    /// How many updates are held.
    public internal(set) var count = 0
    /// How many bytes the payloads and tails of the held updates have.
    public internal(set) var byteCount = 0

    /// Makes an empty log.
    public init() {}

    /// How many sources have written.
    public var sourceCount: Int { runs.count }

    /// The newest timestamp per source.
    ///
    /// - Complexity: O(sources).
    public var vector: VersionVector {
        var vector = VersionVector()
        for run in runs { if let last = run.last { vector.advance(run.source, to: last) } }
        return vector
    }

    /// Adds an update that is newer than all of its source.
    ///
    /// - Returns: `false`, and nothing changes, when the source has the same or a newer timestamp.
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

    /// Which run is a source's, if it has one.
    func index(of source: Source) -> Int? {
        if lastIndex < runs.count, runs[lastIndex].source == source { return lastIndex }
        // Looking at a few costs less than hashing one of them.
        if runs.count <= VersionVector.fewLimit { return runs.firstIndex { $0.source == source } }
        return indexes[source]
    }

    /// The update with this stamp, if it is held.
    ///
    /// - Complexity: O(log n).
    public func update(at stamp: Stamp) -> Update? {
        guard let index = index(of: stamp.source) else { return nil }
        return runs[index].update(at: stamp.timestamp)
    }

    /// The updates that a peer with this vector lacks, in agreed order, as many as `limit` allows.
    ///
    /// Each source's part is a prefix of what the peer lacks of it, so a delta that was cut leaves
    /// no gap: advance the vector by what was returned and ask again.
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

    /// One run's next update in a merge; without references, for it is moved about in a heap.
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

/// How much a delta may hold: a number of updates and a number of bytes.
public struct DeltaLimit: Hashable, Sendable {
    /// The largest number of updates.
    public var updates: Int
    /// The largest number of payload bytes; a single larger update still goes, alone.
    public var bytes: Int

    /// Makes a limit.
    public init(updates: Int = .max, bytes: Int = .max) {
        self.updates = updates
        self.bytes = bytes
    }

    /// Everything.
    public static let unlimited = DeltaLimit()

    mutating func take(_ update: Update) -> Bool {
        guard updates > 0, bytes >= update.payload.count else {
            // One that is too large goes alone: nothing fits after it.
            updates = 0
            return false
        }
        updates -= 1
        bytes -= update.payload.count
        return true
    }
}

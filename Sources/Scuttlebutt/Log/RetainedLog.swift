// SPDX-License-Identifier: MIT

/// The updates of a data type that a peer may still need.
///
/// Like ``UpdateLog``, it has one run per source, so that it finds what a peer lacks without
/// looking at the rest. Unlike there, superseded updates can be removed.
public struct RetainedLog: Sendable {
    private var indexes: [Source: Int] = [:]
    private var runs: [Run] = []
    /// The run that was appended to last; most updates follow one from the same source.
    private var lastIndex = 0

    /// The number of retained updates.
    public private(set) var count = 0
    /// The number of bytes in the payloads and tails of the retained updates.
    public private(set) var byteCount = 0

    /// Creates an empty log.
    public init() {}

    /// Appends an update that is newer than all others from its source, removed ones included.
    ///
    /// - Returns: `false`, without any change, if the source has had the same or a newer timestamp.
    /// - Complexity: O(1) amortised.
    @discardableResult
    public mutating func append(_ update: Update) -> Bool {
        let index = index(of: update.source)
        lastIndex = index
        guard runs[index].append(update) else { return false }
        count += 1
        byteCount += update.byteCount
        return true
    }

    private mutating func index(of source: Source) -> Int {
        if lastIndex < runs.count, runs[lastIndex].source == source { return lastIndex }
        if let known = indexes[source] { return known }
        indexes[source] = runs.count
        runs.append(Run(source: source))
        return runs.count - 1
    }

    /// Removes an update that a later one supersedes.
    ///
    /// - Returns: The update, or `nil` if it is not retained.
    /// - Complexity: O(log n).
    @discardableResult
    public mutating func remove(_ stamp: Stamp) -> Update? {
        guard let index = indexes[stamp.source],
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
        guard let index = indexes[stamp.source],
            let place = runs[index].place(of: stamp.timestamp)
        else { return nil }
        return runs[index].update(at: place)
    }

    /// Returns the retained updates that a peer with this vector lacks, in agreed order, as many as
    /// `limit` allows.
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
            heads.append(
                Head(
                    source: runs[index].source, run: index, place: place, timestamp: timestamp))
        }
        var result: [Update] = []
        var room = limit
        var heap = BinaryHeap(heads) { $0 < $1 }
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

    /// The next update of one run in a merge.
    private struct Head {
        let source: Source
        let run: Int
        var place: Run.Place
        var timestamp: Timestamp

        /// The order of `Stamp.<`, repeated because building stamps would count references.
        static func < (left: Head, right: Head) -> Bool {
            if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
            return left.source < right.source
        }
    }
}

extension Update {
    /// The number of bytes in the payload and the tail.
    public var byteCount: Int { payload.count + (tail?.count ?? 0) }
}

// SPDX-License-Identifier: MIT

/// The part of a log that only a storage has.
///
/// What a log drops from memory is a prefix of each source's updates: whole chunks that are
/// durable. It remembers how far they reach and how many they were, so that it still counts them,
/// and so that a session can tell whether memory suffices for its peer.
extension UpdateLog {
    /// What a source has in the storage only.
    struct StoredPart: Sendable {
        /// The newest timestamp of each part that was dropped, ascending, with the number of its
        /// updates.
        var parts: [(through: Timestamp, count: Int)] = []
        /// The stamp up to which the storage has them, if that is lower than the newest timestamp,
        /// which is then only the most that it can be.
        var limit: Stamp?

        var through: Timestamp? { parts.last?.through }

        /// How many updates are newer than `timestamp`, to the granularity of the parts: one that
        /// is partly newer counts as a whole.
        func count(after timestamp: Timestamp?) -> Int {
            guard let timestamp else { return parts.reduce(0) { $0 + $1.count } }
            return parts.reduce(0) { $0 + ($1.through > timestamp ? $1.count : 0) }
        }
    }

    /// One source of a log that lies in a storage.
    public struct StoredSource: Hashable, Sendable {
        /// The stamp of its newest update.
        public let newest: Stamp
        /// The number of its updates.
        public let count: Int

        /// Describes a source.
        public init(newest: Stamp, count: Int) {
            self.newest = newest
            self.count = count
        }
    }

    /// Creates a log of which only the newest part is in memory.
    ///
    /// - Parameters:
    ///   - sources: What the storage contains.
    ///   - floor: The stamp up to which updates are only in the storage; `nil` if there are none.
    ///   - tail: All updates above it, each source's ascending.
    public init(sources: [StoredSource], floor: Stamp?, tail: [Update]) {
        self.init()
        for update in tail { append(update) }
        guard let floor else { return }
        var counts: [Source: Int] = [:]
        for update in tail { counts[update.source, default: 0] += 1 }
        for stored in sources {
            let source = stored.newest.source
            let missing = stored.count - counts[source, default: 0]
            guard missing > 0 else { continue }
            let index = indexOfRun(of: source)
            // The newest of the missing updates is at or below the floor, wherever exactly.
            let through = min(stored.newest.timestamp, floor.timestamp)
            parts[index].parts = [(through, missing)]
            if floor < stored.newest { parts[index].limit = floor }
            runs[index].raiseNewest(to: stored.newest.timestamp)
            count += missing
            storedCount += missing
        }
    }

    /// The number of updates in memory.
    public var memoryCount: Int { count - storedCount }

    /// Drops the oldest chunks of updates, so that about `count` updates and `bytes` bytes remain
    /// in memory; the storage must have them.
    ///
    /// - Parameters:
    ///   - count: About how many updates remain.
    ///   - bytes: About how many bytes of them remain.
    ///   - unsaved: The oldest update of each source that is not durable yet: it and all that
    ///     follow it stay.
    /// - Returns: Whether anything was dropped.
    /// - Complexity: O(c log c) for c chunks in memory.
    @discardableResult
    public mutating func drop(
        keeping count: Int, bytes: Int, unsaved: [Source: Timestamp]
    ) -> Bool {
        var ends: [(last: Timestamp, count: Int, bytes: Int)] = []
        for run in runs { run.appendChunkEnds(to: &ends) }
        ends.sort { $0.last < $1.last }
        var (memory, memoryBytes) = (memoryCount, byteCount)
        var through: Timestamp?
        for end in ends {
            if memory - end.count < count, memoryBytes - end.bytes < bytes { break }
            memory -= end.count
            memoryBytes -= end.bytes
            through = end.last
        }
        guard let through else { return false }
        var hasDropped = false
        for index in runs.indices {
            let first = unsaved.isEmpty ? nil : unsaved[runs[index].source]
            let dropped = runs[index].dropChunks(through: through, before: first)
            guard let dropped else { continue }
            hasDropped = true
            byteCount -= dropped.byteCount
            storedCount += dropped.count
            parts[index].add(
                through: Stamp(timestamp: dropped.through, source: runs[index].source),
                count: dropped.count)
        }
        return hasDropped
    }

    /// Returns where the storage must be read for a peer with this vector: `nil` if everything that
    /// it lacks is in memory.
    ///
    /// - Parameters:
    ///   - known: What the peer has.
    ///   - cursor: The stamp up to which the storage was read for it already; what it lacks up to
    ///     there may not be sent yet.
    /// - Complexity: O(sources).
    public func storedStart(since known: VersionVector, after cursor: Stamp?) -> StoredStart? {
        var needsStorage = false
        var oldest: Timestamp?
        var isUnknown = false
        for index in runs.indices {
            let seen = known[runs[index].source]
            guard let newest = runs[index].newest, seen.map({ $0 < newest }) ?? true else {
                continue
            }
            if let through = parts[index].through, seen.map({ $0 < through }) ?? true {
                var last = Stamp(timestamp: through, source: runs[index].source)
                if let limit = parts[index].limit { last = min(last, limit) }
                if cursor.map({ $0 < last }) ?? true { needsStorage = true }
            }
            // What it lacks of others may be dropped from memory while the storage is read.
            guard let seen else {
                isUnknown = true
                continue
            }
            oldest = min(oldest ?? seen, seen)
        }
        return needsStorage ? StoredStart(after: isUnknown ? nil : oldest) : nil
    }

    /// Returns what a peer with this vector lacks and memory has, up to a stamp, in agreed order.
    ///
    /// - Complexity: O(sources log n + r log r) for r updates returned.
    public func memory(since known: VersionVector, through last: Stamp) -> [Update] {
        var found: [Update] = []
        for run in runs {
            var place = run.place(after: known[run.source])
            while let timestamp = run.timestamp(at: place), timestamp <= last.timestamp {
                guard timestamp < last.timestamp || run.source <= last.source else { break }
                found.append(run.update(at: place))
                place = run.place(next: place)
            }
        }
        return found.sorted { $0.stamp < $1.stamp }
    }
}

extension UpdateLog.StoredPart {
    /// The most parts that a source remembers.
    static let limit = 64

    /// Adds a part, and joins neighbours if there are too many.
    mutating func add(through stamp: Stamp, count: Int) {
        let timestamp = stamp.timestamp
        if let last = parts.last, timestamp <= last.through {
            // Own updates that came home behind newer ones, or what is not above the most that the
            // storage was said to have.
            parts[parts.count - 1].count += count
            if let limit { self.limit = max(limit, stamp) }
            return
        }
        parts.append((timestamp, count))
        limit = nil
        guard parts.count > UpdateLog.StoredPart.limit else { return }
        var joined: [(through: Timestamp, count: Int)] = []
        for pair in stride(from: 0, to: parts.count, by: 2) {
            guard pair + 1 < parts.count else {
                joined.append(parts[pair])
                continue
            }
            joined.append((parts[pair + 1].through, parts[pair].count + parts[pair + 1].count))
        }
        parts = joined
    }
}

/// Where to begin to read a storage for a peer.
public struct StoredStart: Hashable, Sendable {
    /// A timestamp before which the peer lacks nothing; `nil` stands for the beginning.
    public let after: Timestamp?
}

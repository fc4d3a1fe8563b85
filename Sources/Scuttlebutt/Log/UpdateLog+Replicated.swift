// SPDX-License-Identifier: MIT

/// A store replicates its log; applying an update means retaining it.
extension UpdateLog: Replicated {
    /// False: a log retains every update.
    public static var dropsSuperseded: Bool { false }

    /// False: a log does not depend on the time.
    public static var readsWallClock: Bool { false }

    /// Returns all updates that `known` does not cover, in agreed order.
    public func history(since known: VersionVector) -> [Update] { delta(since: known) }

    /// Retains the update if it is newer than all others from its source.
    public mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        guard append(update) else { return .refused(UpdateLog.isNotNewer) }
        changes?.append(update)
        return .applied
    }

    /// Retains an own update.
    public mutating func apply(
        _ payload: consuming Payload, at timestamp: Timestamp, from source: Source,
        changes: inout [Update]?
    ) -> Application {
        if changes != nil {
            return apply(
                Update(payload: payload, timestamp: timestamp, source: source),
                changes: &changes)
        }
        return append(payload, at: timestamp, from: source)
            ? .applied : .refused(UpdateLog.isNotNewer)
    }

    private static let isNotNewer = "the log has a newer update of this source"

    /// The number of bytes in the payloads and tails of all updates.
    public var retainedByteCount: Int { byteCount }

    /// Returns the number of updates that `known` does not cover.
    ///
    /// Those that only the storage has are counted in parts, each as a whole, so that there may be
    /// fewer.
    ///
    /// - Complexity: O(sources log n), and a step for each 128 updates counted.
    public func count(since known: VersionVector) -> Int {
        runs.indices.reduce(0) { total, index in
            let (run, seen) = (runs[index], known[runs[index].source])
            return total + run.count(from: run.place(after: seen)) + parts[index].count(after: seen)
        }
    }

    /// Inserts own updates that were lost with an earlier store below newer ones.
    ///
    /// - Complexity: O(k) for k newer updates of the source.
    public mutating func insert(
        older updates: [Update], initial: UpdateLog, wallClock milliseconds: Double
    ) -> [Application?] {
        guard let first = updates.first else { return [] }
        guard let index = index(of: first.source) else { return updates.map { apply($0) } }
        let newer = runs[index].removeAll(from: first.timestamp)
        for update in newer {
            count -= 1
            byteCount -= update.byteCount
        }
        var results: [Application?] = []
        var next = 0
        for update in updates {
            while next < newer.count, newer[next].timestamp < update.timestamp {
                append(newer[next])
                next += 1
            }
            let isHere = next < newer.count && newer[next].timestamp == update.timestamp
            results.append(isHere ? nil : apply(update))
        }
        for update in newer[next...] { append(update) }
        if let through = parts[index].through { runs[index].raiseNewest(to: through) }
        return results
    }
}

// SPDX-License-Identifier: MIT

/// Reads a storage when a store starts: what the history lacks is folded, and the newest part of
/// the log stays in memory.
package struct LogRestoration: Sendable {
    /// The stamp up to which everything is in the state that the history begins with.
    private let folded: Stamp?
    /// The stamp up to which updates stay in the storage only; `nil` if there are none.
    private var floor: Stamp?
    private let byteLimit: Int
    private var tail: [Update] = []
    private var tailByteCount = 0
    /// The highest timestamp in the log up to the clock ceiling, once every page was added.
    package private(set) var highest: Timestamp?

    /// Begins.
    ///
    /// - Parameters:
    ///   - folded: The place of the checkpoint that the history begins with.
    ///   - floor: The stamp up to which updates stay in the storage only.
    ///   - byteLimit: The most bytes of updates to keep in memory; at least one update is kept.
    package init(folded: Stamp?, floor: Stamp?, byteLimit: Int) {
        self.folded = folded
        self.floor = floor
        self.byteLimit = byteLimit
        // A checkpoint contains nothing above the ceiling; what is before it is lower.
        highest = start?.timestamp
    }

    /// Where to begin to read: after this stamp, or at the beginning of the log.
    package var start: Stamp? {
        guard let folded, let floor else { return nil }
        return min(folded, floor)
    }

    /// Returns the part of a page that is to be folded.
    package func unfolded(of page: [Update]) -> [Update] {
        guard let folded else { return page }
        return Array(page.drop { $0.stamp <= folded })
    }

    /// Keeps what belongs into memory of the next page.
    package mutating func add(_ page: [Update]) {
        if let timestamp = page.last(where: { $0.timestamp <= .clockCeiling })?.timestamp {
            highest = max(highest ?? timestamp, timestamp)
        }
        for update in page where floor.map({ $0 < update.stamp }) ?? true {
            tail.append(update)
            tailByteCount += update.byteCount
        }
        while tailByteCount > byteLimit, tail.count > 1 {
            // Large ones: what is older stays in the storage only.
            let half = tail.count - tail.count / 2
            for update in tail[..<half] { tailByteCount -= update.byteCount }
            floor = tail[half - 1].stamp
            tail.removeFirst(half)
        }
    }

    /// Returns the log, once every page was added.
    ///
    /// - Parameter sources: What the storage contains.
    package func log(_ sources: [UpdateLog.StoredSource]) -> UpdateLog {
        UpdateLog(sources: sources, floor: floor, tail: tail)
    }
}

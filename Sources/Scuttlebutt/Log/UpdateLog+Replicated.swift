// SPDX-License-Identifier: MIT

/// The value of a store: its log, to which every update is applied by keeping it.
extension UpdateLog: Replicated {
    /// A log keeps every update.
    public static var dropsSuperseded: Bool { false }

    /// A log does not look at the time.
    public static var readsWallClock: Bool { false }

    /// Everything that `known` does not cover, in agreed order.
    public func history(since known: VersionVector) -> [Update] { delta(since: known) }

    /// Keeps the update if it is newer than all of its source.
    public mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        guard append(update) else {
            return .refused("the log has a newer update of this source")
        }
        changes?.append(update)
        return .applied
    }

    /// How many bytes the payloads and tails of all updates have.
    public var retainedByteCount: Int { byteCount }

    /// How many updates `known` does not cover.
    ///
    /// - Complexity: O(sources log n).
    public func count(since known: VersionVector) -> Int {
        runs.reduce(0) { $0 + $1.count - $1.position(after: known[$1.source]) }
    }

    /// Inserts own updates of an earlier life below newer ones.
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
        return results
    }
}

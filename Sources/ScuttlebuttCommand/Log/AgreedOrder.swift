// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// Reads a log in the agreed order.
///
/// Most logs are stored in that order, or nearly so. One that is is streamed, in memory that does
/// not grow with it; another one is read whole and sorted.
struct AgreedOrder: Sendable {
    let file: LogFile

    /// Hands out each update once, in agreed order, in batches.
    ///
    /// - Parameter restart: Called when the log turns out not to be in order, before everything is
    ///   handed out again from the beginning.
    /// - Throws: As ``LogFile/read(_:)``, and what `body` throws.
    func forEach(
        restart: @Sendable () throws -> Void,
        _ body: @escaping @Sendable ([Update]) throws -> Void
    ) async throws {
        let last = Mutex<Stamp?>(nil)
        do {
            try await file.read { updates in
                try body(try last.withLock { try AgreedOrder.ascending(updates, after: &$0) })
            }
        } catch is OutOfOrder {
            try restart()
            let updates = try await sorted()
            for start in stride(from: 0, to: updates.count, by: LogFile.batchLimit) {
                try Task.checkCancellation()
                try body(Array(updates[start..<min(start + LogFile.batchLimit, updates.count)]))
            }
        }
    }

    /// Whether the updates are stored in agreed order; reads the whole file.
    func isStored() async throws -> Bool {
        let last = Mutex<Stamp?>(nil)
        do {
            try await file.read { updates in
                _ = try last.withLock { try AgreedOrder.ascending(updates, after: &$0) }
            }
            return true
        } catch is OutOfOrder {
            return false
        }
    }

    /// All updates in agreed order, the first of those with the same stamp only.
    func sorted() async throws -> [Update] {
        let all = Mutex<[Update]>([])
        try await file.read { updates in
            try Task.checkCancellation()
            all.withLock { $0 += updates }
        }
        return AgreedOrder.sorted(
            all.withLock { all in
                defer { all = [] }
                return all
            })
    }

    /// Sorts updates and leaves repeated ones out.
    static func sorted(_ updates: [Update]) -> [Update] {
        let ordered = updates.indices.sorted { left, right in
            let (a, b) = (updates[left].stamp, updates[right].stamp)
            return a == b ? left < right : a < b
        }
        var result: [Update] = []
        result.reserveCapacity(ordered.count)
        for index in ordered where result.last?.stamp != updates[index].stamp {
            result.append(updates[index])
        }
        return result
    }

    private static func ascending(
        _ updates: [Update], after last: inout Stamp?
    ) throws -> [Update] {
        try Task.checkCancellation()
        let before = last
        var repeats = 0
        for update in updates {
            let stamp = update.stamp
            if let last, !(last < stamp) {
                guard last == stamp else { throw OutOfOrder() }
                repeats += 1
            }
            last = stamp
        }
        if repeats == 0 { return updates }
        // The first of equal ones may have been the last of the batch before.
        return Array(sorted(updates).dropFirst(updates[0].stamp == before ? 1 : 0))
    }
}

/// The updates of a log are not stored in agreed order.
private struct OutOfOrder: Error {}

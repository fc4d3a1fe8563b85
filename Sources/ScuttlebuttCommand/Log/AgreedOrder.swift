// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// Reads a log in agreed order.
///
/// A log stored in that order, as most are, is streamed in constant memory. Any other log is read
/// into memory and sorted.
struct AgreedOrder: Sendable {
    let file: LogFile

    /// Passes each update to `body` once, in agreed order and in batches.
    ///
    /// - Parameter restart: Called if the log turns out not to be in order, before all updates are
    ///   passed again from the beginning.
    /// - Throws: The errors of ``LogFile/read(_:)`` and of `body`.
    func forEach(
        restart: @Sendable () throws -> Void,
        _ body: @escaping @Sendable ([Update]) throws -> Void
    ) async throws {
        let last = Mutex<Stamp?>(nil)
        do {
            try await file.read { updates in
                try body(try last.withLock { try AgreedOrder.ascending(updates, after: &$0) })
            }
        } catch is OutOfOrderError {
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
        } catch is OutOfOrderError {
            return false
        }
    }

    /// Returns all updates in agreed order, keeping only the first of those with the same stamp.
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

    /// Sorts updates and drops repeated ones.
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
                guard last == stamp else { throw OutOfOrderError() }
                repeats += 1
            }
            last = stamp
        }
        if repeats == 0 { return updates }
        // The previous batch may have ended with an update equal to our first.
        return Array(sorted(updates).dropFirst(updates[0].stamp == before ? 1 : 0))
    }
}

/// Thrown when a log is not stored in agreed order.
private struct OutOfOrderError: Error {}

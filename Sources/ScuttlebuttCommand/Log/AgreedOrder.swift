// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// Reads a log in agreed order.
///
/// A store with an index, and any log that is stored in that order, as most are, is streamed in
/// constant memory. Any other log is read into memory and sorted.
struct AgreedOrder: Sendable {
    let file: LogFile
    /// Selects what is kept in memory of a log that has to be sorted.
    var isWanted: @Sendable (Update) -> Bool = { _ in true }

    /// Passes each update to `body` once, in agreed order and in batches.
    ///
    /// - Parameters:
    ///   - start: Chooses the place to begin after, if the log has an index; any other is passed
    ///     from the beginning.
    ///   - end: The stamp after which no more is wanted; more may be passed.
    ///   - restart: Called if the log turns out not to be in order, before all updates are passed
    ///     again from the beginning. Without it, a log without an index is read twice, the first
    ///     time to look at its order.
    /// - Throws: The errors of ``LogFile/read(_:)`` and of `body`.
    func forEach(
        after start: @Sendable (LogIndex) async throws -> IndexedLog.Place = { _ in .beginning },
        through end: Stamp? = nil, restart: (@Sendable () throws -> Void)? = nil,
        _ body: @escaping @Sendable ([Update]) throws -> Void
    ) async throws {
        var passed = IndexedLog.Place.beginning
        do {
            let isIndexed = try await file.withIndex { index in
                passed = try await start(index)
                try await index.log.forEach(after: passed, through: end) { updates in
                    try body(updates)
                    passed.count += updates.count
                    passed.stamp = updates.last?.stamp ?? passed.stamp
                }
            }
            if isIndexed { return }
        } catch let error as IndexedLog.Unusable {
            return try await continueWithoutIndex(after: passed, error, body)
        }
        guard let restart else {
            guard try await isStored() else { return try await passSorted(body) }
            return try await forEachStored(body)
        }
        do {
            try await forEachStored(body)
        } catch is OutOfOrderError {
            try restart()
            try await passSorted(body)
        }
    }

    /// Returns all updates in agreed order, keeping only the first of those with the same stamp.
    func sorted() async throws -> [Update] {
        let all = Mutex<[Update]>([])
        try await file.read { [isWanted] updates in
            try Task.checkCancellation()
            all.withLock { $0 += updates.filter(isWanted) }
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

    /// Passes what a damaged index has not given, from all updates in memory.
    private func continueWithoutIndex(
        after place: IndexedLog.Place, _ reason: IndexedLog.Unusable,
        _ body: @Sendable ([Update]) throws -> Void
    ) async throws {
        // Says what is damaged, unless it is the index only.
        let all = try await AgreedOrder(file: file).sorted()
        let rest = all.drop { update in place.stamp.map { update.stamp <= $0 } ?? false }
        guard all.count - rest.count == place.count else {
            throw CommandError(
                "\(file.path) is damaged: its index gave \(place.count) updates where the log has "
                    + "\(all.count - rest.count), and then failed: \(reason)")
        }
        StandardError.shared.note(
            "the index of \(file.path) is damaged, so all of it was read into memory: \(reason)")
        try pass(rest, body)
    }

    private func passSorted(_ body: @Sendable ([Update]) throws -> Void) async throws {
        try pass(try await sorted()[...], body)
    }

    private func pass(
        _ updates: ArraySlice<Update>, _ body: @Sendable ([Update]) throws -> Void
    ) throws {
        var rest = updates
        while !rest.isEmpty {
            try Task.checkCancellation()
            try body(Array(rest.prefix(LogFile.batchLimit)))
            rest = rest.dropFirst(LogFile.batchLimit)
        }
    }

    /// Passes the updates as they are stored.
    ///
    /// - Throws: `OutOfOrderError` at the first that is not in agreed order.
    private func forEachStored(
        _ body: @escaping @Sendable ([Update]) throws -> Void
    ) async throws {
        let last = Mutex<Stamp?>(nil)
        try await file.read { updates in
            try body(try last.withLock { try AgreedOrder.ascending(updates, after: &$0) })
        }
    }

    /// Whether the updates are stored in agreed order; reads the whole file.
    private func isStored() async throws -> Bool {
        do {
            try await forEachStored { _ in }
            return true
        } catch is OutOfOrderError {
            return false
        }
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

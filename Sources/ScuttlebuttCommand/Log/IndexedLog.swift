// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// A log that is read in agreed order by means of its index, one page at a time.
///
/// An index that lacks an entry would silently give a shorter log. So its entries are counted
/// before anything is passed on, and what was passed on at the end.
struct IndexedLog: Sendable {
    /// The most that is in memory at a time: some thousand updates, or 4 MiB and one update.
    static let page = DeltaLimit(updates: LogFile.batchLimit, bytes: 4 << 20)

    /// A place in a log: after its first `count` updates, the last of which has `stamp`.
    struct Place: Hashable, Sendable {
        var stamp: Stamp?
        var count: Int

        static let beginning = Place(stamp: nil, count: 0)
    }

    /// Thrown if the index cannot be used; the log itself may be sound.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    let pages: any LogPages

    /// Returns the place after the updates up to a stamp.
    func place(through stamp: Stamp) async throws -> Place {
        try await requireAll(after: .beginning)
        return Place(stamp: stamp, count: try await count(through: stamp))
    }

    /// Returns how many updates there are up to a stamp, by the index.
    func count(through stamp: Stamp) async throws -> Int {
        try await pages.count - reading { try await pages.count(after: stamp) }
    }

    /// Passes the updates after a place to `body`, page by page.
    ///
    /// - Parameter end: The stamp of the last update to pass; `nil` for all.
    /// - Throws: ``Unusable``, before any page if the index lacks an entry; the errors of `body`;
    ///   `CancellationError`.
    func forEach(
        after start: Place, through end: Stamp? = nil, _ body: ([Update]) throws -> Void
    ) async throws {
        try await requireAll(after: start)
        var place = start
        while true {
            try Task.checkCancellation()
            let page = try await reading {
                try await pages.updates(after: place.stamp, limit: IndexedLog.page)
            }
            guard let last = page.last?.stamp else { break }
            if let end, last >= end { return try body(page.filter { $0.stamp <= end }) }
            try body(page)
            place = Place(stamp: last, count: place.count + page.count)
        }
        guard place.count == pages.count else {
            throw Unusable(description: "it gave \(place.count) of \(pages.count) updates")
        }
    }

    /// Checks that the index has all updates after a place.
    private func requireAll(after place: Place) async throws {
        let found = try await reading { try await pages.count(after: place.stamp) } + place.count
        guard found == pages.count else {
            throw Unusable(description: "it has \(found) of \(pages.count) updates")
        }
    }

    /// Tells a failure to read from one to print.
    private func reading<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as StorageError {
            throw Unusable(description: "\(error)")
        }
    }
}

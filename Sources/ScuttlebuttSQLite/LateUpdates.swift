// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt

/// The updates of a log that were stored after newer ones of their source.
///
/// There are few, if any, so they are read first and delivered in their proper places while the
/// others are streamed.
struct LateUpdates: Sendable {
    private(set) var places: Set<Int64> = []
    /// The updates by the ID of their source, newest first.
    private var waiting: [Int64: [Update]] = [:]

    var isEmpty: Bool { places.isEmpty }
    /// Whether all of them have been delivered.
    var isFinished: Bool { waiting.isEmpty }

    /// Reads which of the places after `place`, up to `last` and at most `limit`, hold late
    /// updates, without reading the updates themselves.
    mutating func readPlaces(
        _ database: Database, after place: Int64, last: Int64, limit: Int
    ) throws {
        places = []
        guard try Schema.hasLateTable(database) else { return }
        // A limit beyond all places is valid.
        let (end, overflows) = place.addingReportingOverflow(Int64(limit))
        places = Set(
            try Int64.fetchAll(
                database, sql: "SELECT place FROM late WHERE place > ? AND place <= ?",
                arguments: [place, overflows ? last : min(last, end)]))
    }

    mutating func add(_ update: Update, place: Int64, id: Int64) {
        places.insert(place)
        waiting[id, default: []].append(update)
    }

    mutating func sort() {
        for id in waiting.keys { waiting[id]?.sort { $0.timestamp > $1.timestamp } }
    }

    /// Removes and returns the oldest update of a source if it is not newer than `timestamp`.
    mutating func take(id: Int64, upTo timestamp: Timestamp) -> Update? {
        guard let update = waiting[id]?.last, update.timestamp <= timestamp else { return nil }
        waiting[id]?.removeLast()
        if waiting[id]?.isEmpty == true { waiting[id] = nil }
        return update
    }
}

// SPDX-License-Identifier: MIT

import GRDB
import GRDBSQLite
import Scuttlebutt

/// The updates of a log that were stored behind newer ones of their source.
///
/// They are few, if there are any, so they are read first and handed out where they belong while
/// the others stream by.
struct LateUpdates: Sendable {
    private(set) var places: Set<Int64> = []
    /// By the source's number; the oldest is the last.
    private var waiting: [Int64: [Update]] = [:]

    var isEmpty: Bool { places.isEmpty }
    /// Whether all of them were handed out.
    var isFinished: Bool { waiting.isEmpty }

    /// Notes the late ones among the places after `place`, up to the place `last` and at most
    /// `limit`, without reading the updates.
    mutating func readPlaces(
        _ database: Database, after place: Int64, last: Int64, limit: Int
    ) throws {
        places = []
        guard try Schema.hasLateTable(database) else { return }
        // A limit beyond all places is no mistake of the caller.
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

    /// Takes the oldest of a source that is not newer than `timestamp`.
    mutating func take(id: Int64, upTo timestamp: Timestamp) -> Update? {
        guard let update = waiting[id]?.last, update.timestamp <= timestamp else { return nil }
        waiting[id]?.removeLast()
        if waiting[id]?.isEmpty == true { waiting[id] = nil }
        return update
    }
}

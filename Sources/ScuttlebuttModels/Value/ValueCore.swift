// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A value that has no type yet: the newest writes, ascending.
struct ValueCore: Sendable {
    let limit: Int
    private(set) var retained: [Update] = []
    private(set) var byteCount = 0

    init(limit: Int) { self.limit = limit }

    /// Applies a write and returns whether it is the newest.
    mutating func apply(_ update: Update) -> Bool {
        let stamp = update.stamp
        var place = retained.count
        while place > 0, stamp < retained[place - 1].stamp { place -= 1 }
        if place > 0, retained[place - 1].stamp == stamp { return false }
        if place == 0, retained.count == limit { return false }
        let isNewest = place == retained.count
        retained.insert(update, at: place)
        byteCount += update.byteCount
        if retained.count > limit { byteCount -= retained.removeFirst().byteCount }
        return isNewest
    }
}

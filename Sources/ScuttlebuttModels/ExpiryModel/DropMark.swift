// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The newest stamp that was dropped, of those behind the wall clock and of those ahead of it.
///
/// Nothing up to it is accepted again. A stamp ahead of the wall clock comes from a writer whose
/// clock is wrong; it must not shut out those whose clocks are right, so it counts only for others
/// that are ahead.
struct DropMark: Sendable {
    private var behind: Stamp?
    private var ahead: Stamp?

    /// Records that something was dropped.
    mutating func raise(to stamp: Stamp, isAhead: Bool) {
        if isAhead {
            ahead = ahead.map { max($0, stamp) } ?? stamp
        } else {
            behind = behind.map { max($0, stamp) } ?? stamp
        }
    }

    /// Whether something with this stamp was dropped, or is older than what was.
    func covers(_ stamp: Stamp, isAhead: Bool) -> Bool {
        [behind, isAhead ? ahead : nil].contains { mark in mark.map { stamp <= $0 } ?? false }
    }

    /// The same for all stamps of this time, whatever their source.
    func covers(_ timestamp: Timestamp, isAhead: Bool) -> Bool {
        [behind, isAhead ? ahead : nil].contains { mark in
            mark.map { timestamp <= $0.timestamp } ?? false
        }
    }

    /// Learns the time: what was ahead of it may be behind it now, and the other way round.
    mutating func advance(wallClock now: Double) {
        if let stamp = ahead, stamp.timestamp.value <= now {
            ahead = nil
            raise(to: stamp, isAhead: false)
        }
        if let stamp = behind, stamp.timestamp.value > now {
            behind = nil
            raise(to: stamp, isAhead: true)
        }
    }
}

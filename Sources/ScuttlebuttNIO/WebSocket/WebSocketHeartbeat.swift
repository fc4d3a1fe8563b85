// SPDX-License-Identifier: MIT

import NIOCore

/// Decides when a silent WebSocket is pinged and when it is given up, without I/O.
///
/// Anything that arrives counts as an answer. Browsers answer pings by themselves, even for a page
/// whose timers are throttled or that is frozen.
struct WebSocketHeartbeat {
    /// The action that is due.
    enum Action: Hashable {
        case nothing
        case ping
        /// Nothing was heard for this long.
        case giveUp(Duration)
    }

    private let timeout: TimeAmount
    private var isAnswerAwaited = false
    /// When ``tick(now:isReading:)`` must be called next; `nil` before the connection has opened.
    private(set) var deadline: NIODeadline?

    /// Creates the heartbeat of a connection that is not open yet.
    init(_ timeout: TimeAmount) { self.timeout = timeout }

    /// Called when the connection has opened, and whenever something has arrived.
    mutating func heard(now: NIODeadline) {
        isAnswerAwaited = false
        deadline = deadline(after: now)
    }

    /// Returns when to look again, on a whole second unless the time is short.
    ///
    /// Thousands of idle connections are then pinged together, which wakes the event loop once, and
    /// an answer that comes within the second leaves the timer where it is.
    private func deadline(after now: NIODeadline) -> NIODeadline {
        let exact = (now + timeout).uptimeNanoseconds
        let second: UInt64 = 1_000_000_000
        guard timeout >= .seconds(5) else { return .uptimeNanoseconds(exact) }
        return .uptimeNanoseconds(exact / second * second)
    }

    /// Returns the action that is due now.
    ///
    /// While nothing is being read (`isReading` is false), silence is our own.
    mutating func tick(now: NIODeadline, isReading: Bool) -> Action {
        guard let due = deadline, due <= now else { return .nothing }
        deadline = deadline(after: now)
        if isAnswerAwaited {
            return isReading ? .giveUp(.nanoseconds(2 * timeout.nanoseconds)) : .nothing
        }
        isAnswerAwaited = true
        return .ping
    }
}

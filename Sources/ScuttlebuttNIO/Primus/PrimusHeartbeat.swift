// SPDX-License-Identifier: MIT

import NIOCore

/// Decides when to ping and when to give up, for both sides and dialects, without I/O.
struct PrimusHeartbeat {
    /// The action that is due.
    enum Action: Hashable {
        case nothing
        case ping
        case giveUp
    }

    private enum Role {
        /// `hasPinged`: the client sends pings, so the server need not.
        case server(hasPinged: Bool)
        case client(PrimusDialect)
    }

    private let timings: PrimusTimings
    private var role: Role
    private var pingAt: NIODeadline?
    private var giveUpAt: NIODeadline?

    /// Creates the server's side.
    init(server timings: PrimusTimings) {
        self.timings = timings
        role = .server(hasPinged: false)
    }

    /// Creates the client's side.
    init(client timings: PrimusTimings, dialect: PrimusDialect) {
        self.timings = timings
        role = .client(dialect)
    }

    /// The earliest time at which ``tick(now:isReading:)`` has something to do.
    var deadline: NIODeadline? {
        guard let pingAt, let giveUpAt else { return pingAt ?? giveUpAt }
        return min(pingAt, giveUpAt)
    }

    /// Called when the connection has opened.
    mutating func opened(now: NIODeadline) {
        switch role {
        case .server:
            pingAt = now + timings.serverPingDelay
            giveUpAt = now + timings.serverTimeout
        case .client(.clientPings): pingAt = now + timings.clientPingInterval
        case .client(.serverPings): giveUpAt = now + timings.serverPingTimeout
        case .client(.unknown): pingAt = now + timings.dialectWait
        }
    }

    /// Called when anything has arrived.
    mutating func heard(now: NIODeadline) {
        if case .server = role { giveUpAt = now + timings.serverTimeout }
    }

    /// Called when a ping has arrived.
    ///
    /// The caller answers it.
    mutating func heardPing(now: NIODeadline) {
        switch role {
        case .server(hasPinged: false):
            role = .server(hasPinged: true)
            pingAt = nil
        case .server(hasPinged: true), .client(.clientPings): break
        case .client(.unknown), .client(.serverPings):
            role = .client(.serverPings)
            pingAt = nil
            giveUpAt = now + timings.serverPingTimeout
        }
    }

    /// Called when a pong has arrived.
    mutating func heardPong(now: NIODeadline) {
        guard case .client(.clientPings) = role else { return }
        giveUpAt = nil
        pingAt = now + timings.clientPingInterval
    }

    /// Returns the action that is due now.
    ///
    /// While nothing is being read (`isReading` is false), silence does not count as a timeout.
    mutating func tick(now: NIODeadline, isReading: Bool) -> Action {
        if let deadline = giveUpAt, deadline <= now {
            guard !isReading else { return .giveUp }
            giveUpAt = now + timings.pongTimeout
        }
        guard let pingDeadline = pingAt, pingDeadline <= now else { return .nothing }
        switch role {
        case .server: pingAt = now + timings.serverPingInterval
        case .client:
            role = .client(.clientPings)
            pingAt = nil
            giveUpAt = now + timings.pongTimeout
        }
        return .ping
    }
}

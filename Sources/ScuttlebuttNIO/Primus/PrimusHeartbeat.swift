// SPDX-License-Identifier: MIT

import NIOCore

/// Decides when to ping and when to give up, on either side and in either dialect; no I/O.
struct PrimusHeartbeat {
    /// What is due.
    enum Action: Hashable {
        case nothing
        case ping
        case giveUp
    }

    private enum Role {
        /// `hasPinged`: the client pings by itself, so we need not.
        case server(hasPinged: Bool)
        case client(PrimusDialect)
    }

    private let timings: PrimusTimings
    private var role: Role
    private var pingAt: NIODeadline?
    private var giveUpAt: NIODeadline?

    /// The server's side.
    init(server timings: PrimusTimings) {
        self.timings = timings
        role = .server(hasPinged: false)
    }

    /// The client's side.
    init(client timings: PrimusTimings, dialect: PrimusDialect) {
        self.timings = timings
        role = .client(dialect)
    }

    /// When ``tick(now:isReading:)`` has something to do at the earliest.
    var deadline: NIODeadline? {
        guard let pingAt, let giveUpAt else { return pingAt ?? giveUpAt }
        return min(pingAt, giveUpAt)
    }

    /// The connection was opened.
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

    /// Anything at all arrived.
    mutating func heard(now: NIODeadline) {
        if case .server = role { giveUpAt = now + timings.serverTimeout }
    }

    /// The peer pinged (and was answered).
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

    /// The peer answered a ping.
    mutating func heardPong(now: NIODeadline) {
        guard case .client(.clientPings) = role else { return }
        giveUpAt = nil
        pingAt = now + timings.clientPingInterval
    }

    /// What is due now.
    ///
    /// While nothing is read (`isReading` is false) silence is no sign of death.
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

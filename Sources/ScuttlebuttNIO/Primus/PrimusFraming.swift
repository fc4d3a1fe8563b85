// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// The Primus protocol in the text of WebSocket messages: JSON strings that are pieces of the line
/// stream, or control messages that begin with `primus::`.
struct PrimusFraming {
    private let isServer: Bool
    private let identity: String
    private var heartbeat: PrimusHeartbeat
    private var splitter: LineSplitter
    private var string: [UInt8] = []
    /// Whether the server asked us not to reconnect.
    private(set) var isDismissed = false

    /// Creates the server's side; `identity` is the answer to a client that asks for its
    /// identifier.
    init(server timings: PrimusTimings, identity: String, maximumByteCount: Int) {
        isServer = true
        self.identity = identity
        heartbeat = PrimusHeartbeat(server: timings)
        splitter = LineSplitter(maximumByteCount: maximumByteCount)
    }

    /// Creates the client's side.
    init(client timings: PrimusTimings, dialect: PrimusDialect, maximumByteCount: Int) {
        isServer = false
        identity = ""
        heartbeat = PrimusHeartbeat(client: timings, dialect: dialect)
        splitter = LineSplitter(maximumByteCount: maximumByteCount)
    }

    var deadline: NIODeadline? { heartbeat.deadline }

    mutating func opened(now: NIODeadline) { heartbeat.opened(now: now) }

    /// Processes one message.
    ///
    /// Messages that are not JSON strings are ignored.
    mutating func receive(
        _ text: UnsafeRawBufferPointer, now: NIODeadline, into arrivals: inout Arrivals
    ) {
        heartbeat.heard(now: now)
        string.removeAll(keepingCapacity: string.capacity <= 1 << 16)
        guard PrimusString.decode(text, into: &string) else { return }
        if string.starts(with: Self.prefix) {
            return control(now: now, into: &arrivals)
        }
        let fits = string.withUnsafeBytes { splitter.feed($0, into: &arrivals.lines) }
        guard !fits else { return }
        arrivals.end = .failed(.tooLong(splitter.maximumByteCount))
        arrivals.closes = true
        arrivals.drains = true
        WebSocketFrames.writeClose(1000, masked: !isServer, to: &arrivals.reply)
    }

    private static let prefix = Array("primus::".utf8)

    /// Primus sends control messages of about 30 bytes; much longer ones are ignored.
    private static let maximumControlByteCount = 256

    private mutating func control(now: NIODeadline, into arrivals: inout Arrivals) {
        guard string.count <= Self.maximumControlByteCount else { return }
        let item = String(decoding: string, as: UTF8.self)
        if item.hasPrefix("primus::ping::") {
            heartbeat.heardPing(now: now)
            say("primus::pong::" + item.dropFirst("primus::ping::".count), in: &arrivals)
        } else if item.hasPrefix("primus::pong::") {
            heartbeat.heardPong(now: now)
        } else if item.hasPrefix("primus::id::") && isServer {
            say("primus::id::" + identity, in: &arrivals)
        } else if item == "primus::server::close" && !isServer {
            isDismissed = true
        }
    }

    /// Replies with a control message, which only a client masks.
    private func say(_ item: String, in arrivals: inout Arrivals) {
        PrimusString.write(item: item, masked: !isServer, to: &arrivals.reply)
    }

    /// Sends a ping or gives up if the heartbeat says so.
    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals) {
        switch heartbeat.tick(now: now, isReading: isReading) {
        case .nothing: break
        case .ping:
            say("primus::ping::\(now.uptimeNanoseconds / 1_000_000)", in: &arrivals)
        case .giveUp:
            arrivals.end = .failed(
                LinkError(.timedOut, "the peer did not respond in time"))
        }
    }
}

// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// A framing with one line per text frame, with pings, pongs and the closing handshake.
struct WebSocketFraming: Framing {
    private let isClient: Bool
    private let maximumByteCount: Int
    private var decoder: WebSocketDecoder
    /// The protocol in the text of messages; without it, a message is one line, or several
    /// separated by newlines.
    private var primus: PrimusFraming?
    /// Without Primus, which has heartbeats of its own.
    private var heartbeat: WebSocketHeartbeat?
    private var hasSentClose = false
    private let inflates: Bool

    /// How many bytes of lines are enough for a while, if messages may be compressed: 1 MiB.
    ///
    /// What arrives in one packet may grow a thousand times.
    private static let enoughByteCount = 1 << 20

    init(
        isClient: Bool, maximumByteCount: Int, inflates: Bool = false,
        silenceTimeout: TimeAmount? = nil, primus: PrimusFraming? = nil
    ) {
        self.isClient = isClient
        heartbeat = primus == nil ? silenceTimeout.map { WebSocketHeartbeat($0) } : nil
        self.maximumByteCount = maximumByteCount
        self.primus = primus
        self.inflates = inflates
        decoder = WebSocketDecoder(
            expectsMask: !isClient, inflates: inflates, maximumByteCount: maximumByteCount)
    }

    var supportsHalfClosure: Bool { false }

    var detectsSilence: Bool { primus != nil || heartbeat != nil }

    var deadline: NIODeadline? { primus?.deadline ?? heartbeat?.deadline }

    mutating func opened(now: NIODeadline) {
        primus?.opened(now: now)
        heartbeat?.heard(now: now)
    }

    @discardableResult
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, now: NIODeadline, into arrivals: inout Arrivals
    ) -> Int {
        var taken = bytes.count
        heartbeat?.heard(now: now)
        // Moved out of `self` meanwhile, so that its buffers are never copied.
        var primus = self.primus.take()
        defer { self.primus = primus }
        var splitter = LineSplitter(maximumByteCount: maximumByteCount)
        do throws(WebSocketDecoder.ProtocolError) {
            let (isClient, sentClose) = (isClient, hasSentClose)
            let enough = inflates ? Self.enoughByteCount : .max
            taken = try decoder.decode(bytes) { event in
                switch event {
                case .text(let text):
                    if primus != nil {
                        primus?.receive(text, now: now, into: &arrivals)
                    } else {
                        _ = splitter.feed(text, into: &arrivals.lines)
                        splitter.finish(into: &arrivals.lines)
                    }
                case .ping(let payload):
                    WebSocketFrames.write(.pong, payload, masked: isClient, to: &arrivals.reply)
                case .pong: break
                case .close(let code, let reason):
                    if !sentClose {
                        WebSocketFrames.writeClose(code, masked: isClient, to: &arrivals.reply)
                    }
                    arrivals.end =
                        primus?.isDismissed == true
                        ? .failed(.dismissed) : Self.end(code, reason)
                    arrivals.closes = true
                }
                return arrivals.end == nil && arrivals.lines.bytes.count < enough
            }
        } catch {
            arrivals.end = .failed(
                LinkError(
                    error.code == 1009 ? .lineTooLong : .badFraming,
                    "the peer violated the WebSocket protocol: \(error.message)"))
            WebSocketFrames.writeClose(
                error.code, reason: primus == nil ? error.message : "", masked: isClient,
                to: &arrivals.reply)
            arrivals.closes = true
            arrivals.drains = true
        }
        if arrivals.end != nil { hasSentClose = true }
        return taken
    }

    /// What a close code means: 1008 is a refusal, all but a normal end are failures.
    private static func end(_ code: UInt16?, _ reason: String) -> Arrivals.End {
        let words = reason.isEmpty ? "" : ": \(Dialling.printable(reason))"
        switch code {
        case nil, 1000?, 1001?: return .ended
        case 1008?:
            return .failed(
                LinkError(.refused, "the peer refused the connection (code 1008)\(words)"))
        case 1009?:
            return .failed(
                LinkError(
                    .lineRefused,
                    "the peer does not take a line as long as ours (code 1009)\(words)"
                ))
        case let code?:
            return .failed(
                LinkError(.lost, "the peer closed the WebSocket with code \(code)\(words)"))
        }
    }

    mutating func inputEnded(into arrivals: inout Arrivals) {
        arrivals.end = .failed(
            primus?.isDismissed == true
                ? .dismissed : LinkError(.lost, "connection lost without a closing handshake"))
    }

    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals) {
        primus?.tick(now: now, isReading: isReading, into: &arrivals)
        switch heartbeat?.tick(now: now, isReading: isReading) {
        case nil, .nothing?: break
        case .ping?:
            WebSocketFrames.write(
                .ping, UnsafeRawBufferPointer(start: nil, count: 0), masked: isClient,
                to: &arrivals.reply)
        case .giveUp(let silence)?:
            arrivals.end = .failed(
                LinkError(
                    .timedOut, "the peer has not answered for \(silence); the connection is dead"))
        }
        guard arrivals.end != nil else { return }
        var bytes = closingBytes(.fault("timed out"))
        arrivals.reply.writeBuffer(&bytes)
        arrivals.closes = true
    }

    mutating func closingBytes(_ reason: LinkClosing) -> ByteBuffer {
        var buffer = ByteBuffer()
        guard !hasSentClose else { return buffer }
        hasSentClose = true
        if primus != nil, reason == .finished, !isClient {
            PrimusString.write(item: "primus::server::close", masked: false, to: &buffer)
        }
        let (code, words) = status(reason)
        WebSocketFrames.writeClose(code, reason: words, masked: isClient, to: &buffer)
        return buffer
    }

    /// The close code and the reason to send.
    ///
    /// Clients take 1000 for an end in agreement, of which nobody need be told. Primus sends it
    /// whatever happened, because its clients decide by other means whether they come back.
    private func status(_ reason: LinkClosing) -> (UInt16, String) {
        guard primus == nil else { return (1000, "") }
        return switch reason {
        case .finished: (1000, "")
        case .shutdown: (1001, "")
        case .fault(let message): (1002, message)
        }
    }
}

extension LinkError {
    /// The error for a server that ended the conversation permanently.
    static let dismissed = LinkError(
        .dismissed, "the server closed the connection and asked not to be redialled")
}

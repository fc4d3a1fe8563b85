// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// A framing with one line per text frame, with pings, pongs and the closing handshake.
struct WebSocketFraming: Framing {
    private let isClient: Bool
    private let maximumByteCount: Int
    private var decoder: WebSocketDecoder
    private var dialect: Dialect
    private var hasSentClose = false

    /// The meaning of a message's text.
    enum Dialect {
        /// The message is one line, or several separated by newlines.
        case plain
        /// The message is a JSON string that holds a piece of the line stream.
        case primus(PrimusFraming)
    }

    init(isClient: Bool, maximumByteCount: Int, dialect: Dialect = .plain) {
        self.isClient = isClient
        self.maximumByteCount = maximumByteCount
        self.dialect = dialect
        decoder = WebSocketDecoder(expectsMask: !isClient, maximumByteCount: maximumByteCount)
    }

    var supportsHalfClosure: Bool { false }

    var deadline: NIODeadline? {
        switch dialect {
        case .plain: return nil
        case .primus(let primus): return primus.deadline
        }
    }

    mutating func opened(now: NIODeadline) {
        guard case .primus(var primus) = dialect else { return }
        primus.opened(now: now)
        dialect = .primus(primus)
    }

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, now: NIODeadline, into arrivals: inout Arrivals
    ) {
        // Move the dialect out of `self` meanwhile, so that its buffers are never copied.
        var dialect = self.dialect
        self.dialect = .plain
        defer { self.dialect = dialect }
        var splitter = LineSplitter(maximumByteCount: maximumByteCount)
        do throws(WebSocketDecoder.ProtocolError) {
            let (isClient, sentClose) = (isClient, hasSentClose)
            try decoder.decode(bytes) { event in
                switch event {
                case .text(let text):
                    switch dialect {
                    case .plain:
                        _ = splitter.feed(text, into: &arrivals.lines)
                        splitter.finish(into: &arrivals.lines)
                    case .primus(var primus):
                        dialect = .plain
                        primus.receive(text, now: now, masked: isClient, into: &arrivals)
                        dialect = .primus(primus)
                    }
                case .ping(let payload):
                    WebSocketFrames.write(.pong, payload, masked: isClient, to: &arrivals.reply)
                case .pong: break
                case .close(let code):
                    if !sentClose {
                        WebSocketFrames.writeClose(code, masked: isClient, to: &arrivals.reply)
                    }
                    arrivals.end = Self.end(code, dialect)
                    arrivals.closes = true
                }
                return arrivals.end == nil
            }
        } catch {
            arrivals.end = .failed(
                LinkError(
                    error.code == 1009 ? .lineTooLong : .badFraming,
                    "the peer violated the WebSocket protocol: \(error.message)"))
            WebSocketFrames.writeClose(error.code, masked: isClient, to: &arrivals.reply)
            arrivals.closes = true
        }
        if arrivals.end != nil { hasSentClose = true }
    }

    private static func end(_ code: UInt16?, _ dialect: Dialect) -> Arrivals.End {
        if case .primus(let primus) = dialect, primus.isDismissed { return .failed(.dismissed) }
        switch code {
        case nil, 1000?, 1001?: return .ended
        case let code?:
            return .failed(LinkError(.lost, "the peer closed the WebSocket with code \(code)"))
        }
    }

    mutating func inputEnded(into arrivals: inout Arrivals) {
        if case .primus(let primus) = dialect, primus.isDismissed {
            arrivals.end = .failed(.dismissed)
        } else {
            arrivals.end = .failed(
                LinkError(.lost, "connection lost without a closing handshake"))
        }
    }

    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals) {
        guard case .primus(var primus) = dialect else { return }
        primus.tick(now: now, isReading: isReading, masked: isClient, into: &arrivals)
        dialect = .primus(primus)
        guard arrivals.end != nil else { return }
        var bytes = closingBytes(.fault("timed out"))
        arrivals.reply.writeBuffer(&bytes)
        arrivals.closes = true
    }

    mutating func closingBytes(_ reason: LinkClosing) -> ByteBuffer {
        var buffer = ByteBuffer()
        guard !hasSentClose else { return buffer }
        hasSentClose = true
        switch (dialect, reason) {
        case (.primus, .finished) where !isClient:
            PrimusString.write(item: "primus::server::close", masked: false, to: &buffer)
        case (.primus, _), (.plain, _): break
        }
        WebSocketFrames.writeClose(1000, masked: isClient, to: &buffer)
        return buffer
    }
}

extension LinkError {
    /// The error for a server that ended the conversation permanently.
    static let dismissed = LinkError(
        .dismissed, "the server closed the connection and asked not to be redialled")
}

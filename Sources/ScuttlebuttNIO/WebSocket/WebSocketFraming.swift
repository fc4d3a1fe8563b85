// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// One line per text frame, with pings, pongs and the closing handshake.
struct WebSocketFraming: Framing {
    private let isClient: Bool
    private let maximumByteCount: Int
    private var decoder: WebSocketDecoder
    private var dialect: Dialect
    private var hasSentClose = false

    /// What the text of a message means.
    enum Dialect {
        /// The message is one line (or some, each but the last ended by a newline).
        case plain
        /// The message is the JSON of a string, which is a piece of the line stream.
        case primus(PrimusFraming)
    }

    init(isClient: Bool, maximumByteCount: Int, dialect: Dialect = .plain) {
        self.isClient = isClient
        self.maximumByteCount = maximumByteCount
        self.dialect = dialect
        decoder = WebSocketDecoder(expectsMask: !isClient, maximumByteCount: maximumByteCount)
    }

    var hasHalves: Bool { false }

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
        // The dialect leaves `self` while it works, so that its buffers are never copied.
        var dialect = self.dialect
        self.dialect = .plain
        defer { self.dialect = dialect }
        var splitter = LineSplitter(maximumByteCount: maximumByteCount)
        do throws(WebSocketDecoder.Violation) {
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
                    "The peer broke the WebSocket rules: \(error.message)."))
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
            return .failed(LinkError(.lost, "The peer closed the WebSocket with code \(code)."))
        }
    }

    mutating func inputEnded(into arrivals: inout Arrivals) {
        if case .primus(let primus) = dialect, primus.isDismissed {
            arrivals.end = .failed(.dismissed)
        } else {
            arrivals.end = .failed(
                LinkError(.lost, "The connection ended without a closing handshake; dial again."))
        }
    }

    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals) {
        guard case .primus(var primus) = dialect else { return }
        primus.tick(now: now, isReading: isReading, masked: isClient, into: &arrivals)
        dialect = .primus(primus)
        guard arrivals.end != nil else { return }
        var words = goodbye(.fault("timed out"))
        arrivals.reply.writeBuffer(&words)
        arrivals.closes = true
    }

    mutating func goodbye(_ reason: LinkClosing) -> ByteBuffer {
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
    /// The server ended the conversation for good.
    static let dismissed = LinkError(
        .dismissed, "The server closed the connection and asked not to be dialled again.")
}

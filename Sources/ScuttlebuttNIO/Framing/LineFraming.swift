// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// Newline-delimited lines on a plain byte stream.
struct LineFraming: Framing {
    private var splitter: LineSplitter

    init(maximumLineByteCount: Int) {
        splitter = LineSplitter(maximumByteCount: maximumLineByteCount)
    }

    var supportsHalfClosure: Bool { true }
    /// The originals have no idle message that a byte stream could carry.
    var detectsSilence: Bool { false }
    var deadline: NIODeadline? { nil }

    mutating func opened(now: NIODeadline) {}

    @discardableResult
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, now: NIODeadline, into arrivals: inout Arrivals
    ) -> Int {
        guard !splitter.feed(bytes, into: &arrivals.lines) else { return bytes.count }
        arrivals.end = .failed(.tooLong(splitter.maximumByteCount))
        arrivals.closes = true
        arrivals.drains = true
        return bytes.count
    }

    mutating func inputEnded(into arrivals: inout Arrivals) {
        splitter.finish(into: &arrivals.lines)
        arrivals.end = .ended
    }

    mutating func tick(now: NIODeadline, isReading: Bool, into arrivals: inout Arrivals) {}

    mutating func closingBytes(_ reason: LinkClosing) -> ByteBuffer { ByteBuffer() }

    /// Encodes lines as they are, in a buffer shared by all peers.
    static let encoder: LineEncoder = { lines in
        lines.rendering("lines") { EncodedLines(ByteBuffer(bytes: $0.bytes)) }
    }
}

extension LinkError {
    /// The error for a peer that sent more than `bound` bytes in one line or message.
    static func tooLong(_ bound: Int) -> LinkError {
        LinkError(.lineTooLong, "the peer sent a line of more than \(bound) bytes")
    }
}

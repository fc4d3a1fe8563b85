// SPDX-License-Identifier: MIT

/// Cuts a stream of bytes into WebSocket messages (RFC 6455), as a machine without I/O.
///
/// It joins fragments, takes off masks, and refuses everything the RFC forbids: reserved bits and
/// opcodes, fragmented or long control frames, wrong masking, stray continuations, text that is not
/// UTF-8. At most one message of the maximum length is held.
struct WebSocketDecoder {
    /// What a frame carries.
    enum Kind {
        case text
        case binary
    }

    /// One thing that a peer said; bytes are valid only during the call that hands it over.
    enum Event {
        case text(UnsafeRawBufferPointer)
        case ping(UnsafeRawBufferPointer)
        case pong
        /// The status code, if the peer gave one.
        case close(UInt16?)
    }

    /// What the peer did wrong: the close code to send, and why.
    struct Violation: Error {
        let code: UInt16
        let message: String
    }

    private enum Phase {
        case header
        /// `remaining` payload bytes of the current frame are still to come.
        case payload(remaining: Int)
    }

    private struct Frame {
        var isFinal = true
        var isControl = false
        var opcode: UInt8 = 0
        var mask: (UInt8, UInt8, UInt8, UInt8)?
        var byteCount = 0
    }

    /// A message may come in so many frames; more of them carry nothing but work.
    static let maximumFragmentCount = 16_384

    private let expectsMask: Bool
    private let maximumByteCount: Int
    private var phase = Phase.header
    private var head: [UInt8] = []
    private var frame = Frame()
    private var maskOffset = 0
    private var kind: Kind?
    private var fragmentCount = 0
    private var message: [UInt8] = []
    private var control: [UInt8] = []

    /// Makes a decoder of frames that clients (masked) or servers (not masked) send.
    init(expectsMask: Bool, maximumByteCount: Int) {
        self.expectsMask = expectsMask
        self.maximumByteCount = maximumByteCount
    }

    /// Hands every event that `bytes` complete to `handle`, which returns `false` to stop.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, _ handle: (Event) -> Bool
    ) throws(Violation) {
        var index = 0
        while index < bytes.count {
            switch phase {
            case .header:
                guard try readHeader(bytes, &index) else { return }
                // A small unmasked message that lies whole before us needs no copy.
                let end = index + frame.byteCount
                if frame.opcode == 1, frame.isFinal, frame.mask == nil, end <= bytes.count {
                    let text = UnsafeRawBufferPointer(rebasing: bytes[index..<end])
                    index = end
                    kind = nil
                    phase = .header
                    guard UTF8Check.isValid(text) else { throw Self.notUTF8 }
                    guard handle(.text(text)) else { return }
                    continue
                }
                phase = .payload(remaining: frame.byteCount)
                if frame.byteCount == 0, try !finishFrame(handle) { return }
            case .payload(let remaining):
                let count = min(remaining, bytes.count - index)
                append(UnsafeRawBufferPointer(rebasing: bytes[index..<index + count]))
                index += count
                phase = .payload(remaining: remaining - count)
                if remaining == count, try !finishFrame(handle) { return }
            }
        }
    }

    private mutating func readHeader(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) throws(Violation) -> Bool {
        while index < bytes.count {
            head.append(bytes[index])
            index += 1
            guard head.count >= 2 else { continue }
            let short = Int(head[1] & 0x7F)
            let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
            let maskBytes = head[1] & 0x80 == 0 ? 0 : 4
            guard head.count == 2 + lengthBytes + maskBytes else { continue }
            try parseHeader(short: short, lengthBytes: lengthBytes)
            head.removeAll(keepingCapacity: true)
            return true
        }
        return false
    }

    private mutating func parseHeader(short: Int, lengthBytes: Int) throws(Violation) {
        guard head[0] & 0x70 == 0 else { throw Self.broken("a reserved bit is set") }
        let isMasked = head[1] & 0x80 != 0
        guard isMasked == expectsMask else {
            throw Self.broken(expectsMask ? "a frame is not masked" : "a frame is masked")
        }
        var length = UInt64(short)
        if lengthBytes > 0 {
            length = head[2..<2 + lengthBytes].reduce(0) { $0 << 8 | UInt64($1) }
        }
        frame.opcode = head[0] & 0x0F
        frame.isFinal = head[0] & 0x80 != 0
        frame.isControl = frame.opcode >= 8
        switch frame.opcode {
        case 0:
            guard kind != nil else { throw Self.broken("a continuation follows nothing") }
        case 1, 2:
            guard kind == nil else { throw Self.broken("a message begins inside another") }
            kind = frame.opcode == 1 ? .text : .binary
            fragmentCount = 0
        case 8, 9, 10:
            guard frame.isFinal else { throw Self.broken("a control frame is fragmented") }
            guard length <= 125 else { throw Self.broken("a control frame is too long") }
        default:
            throw Self.broken("opcode \(frame.opcode) is unknown")
        }
        if !frame.isControl {
            fragmentCount += 1
            guard length <= UInt64(maximumByteCount - message.count) else {
                throw Violation(code: 1009, message: "the message is too long")
            }
            guard fragmentCount <= Self.maximumFragmentCount else {
                throw Violation(code: 1009, message: "the message has too many fragments")
            }
        }
        frame.byteCount = Int(length)
        let mask = head.count - 4
        frame.mask = isMasked ? (head[mask], head[mask + 1], head[mask + 2], head[mask + 3]) : nil
        maskOffset = 0
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if frame.isControl {
            Self.append(bytes, to: &control, frame.mask, &maskOffset)
        } else if kind == .text {
            // Nobody reads binary messages; their bytes are not even kept.
            Self.append(bytes, to: &message, frame.mask, &maskOffset)
        }
    }

    private static func append(
        _ bytes: UnsafeRawBufferPointer, to target: inout [UInt8],
        _ mask: (UInt8, UInt8, UInt8, UInt8)?, _ offset: inout Int
    ) {
        let start = target.count
        target.append(contentsOf: bytes)
        guard let mask else { return }
        let first = offset
        target.withUnsafeMutableBytes { target in
            WebSocketMask.apply(
                UnsafeMutableRawBufferPointer(rebasing: target[start...]), with: mask, from: first)
        }
        offset = (offset + bytes.count) & 3
    }

    private mutating func finishFrame(_ handle: (Event) -> Bool) throws(Violation) -> Bool {
        phase = .header
        if frame.isControl { return try finishControl(handle) }
        guard frame.isFinal else { return true }
        defer { message.removeAll(keepingCapacity: message.capacity <= 1 << 16) }
        let wasText = kind == .text
        kind = nil
        guard wasText else { return true }
        guard message.withUnsafeBytes(UTF8Check.isValid) else { throw Self.notUTF8 }
        return message.withUnsafeBytes { handle(.text($0)) }
    }

    private mutating func finishControl(_ handle: (Event) -> Bool) throws(Violation) -> Bool {
        defer { control.removeAll(keepingCapacity: true) }
        switch frame.opcode {
        case 9: return control.withUnsafeBytes { handle(.ping($0)) }
        case 10: return handle(.pong)
        default:
            guard control.count != 1 else { throw Self.broken("a close code has one byte") }
            guard control.count >= 2 else { return handle(.close(nil)) }
            let code = UInt16(control[0]) << 8 | UInt16(control[1])
            switch code {
            case 1000...1003, 1007...1014, 3000...4999: return handle(.close(code))
            default: throw Self.broken("close code \(code) is not allowed")
            }
        }
    }

    private static let notUTF8 = Violation(code: 1007, message: "a text is not UTF-8")

    private static func broken(_ message: String) -> Violation {
        Violation(code: 1002, message: message)
    }
}

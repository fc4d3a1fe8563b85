// SPDX-License-Identifier: MIT

/// Decodes WebSocket messages (RFC 6455) from a stream of bytes, as a state machine without I/O.
///
/// It joins fragments, removes masks, inflates messages if that was agreed (RFC 7692), and rejects
/// everything the RFCs forbid: reserved bits and opcodes, fragmented or long control frames, wrong
/// masking, stray continuations, compressed data that is none, and text that is not UTF-8. It holds
/// at most one message of the maximum length, and its compressed form.
struct WebSocketDecoder {
    /// The kind of a data message.
    enum Kind {
        case text
        case binary
    }

    /// A decoded message.
    ///
    /// Its bytes are valid only during the call that delivers it.
    enum Event {
        case text(UnsafeRawBufferPointer)
        case ping(UnsafeRawBufferPointer)
        case pong
        /// A close frame with its status code, if any, and the peer's reason, which may be empty.
        case close(UInt16?, reason: String)
    }

    /// A violation of the protocol by the peer, with the close code to send.
    struct ProtocolError: Error {
        let code: UInt16
        let message: String
    }

    private enum Phase {
        case header
        /// `remaining` payload bytes of the current frame are still expected.
        case payload(remaining: Int)
    }

    private struct Frame {
        var isFinal = true
        var isControl = false
        var opcode: UInt8 = 0
        var mask: (UInt8, UInt8, UInt8, UInt8)?
        var byteCount = 0
    }

    /// The maximum number of frames in a message, which bounds the work that empty frames can
    /// cause.
    static let maximumFragmentCount = 16_384

    private let expectsMask: Bool
    private let inflates: Bool
    private let maximumByteCount: Int
    private var phase = Phase.header
    private var head: [UInt8] = []
    private var frame = Frame()
    private var maskOffset = 0
    private var kind: Kind?
    /// Whether the message is compressed.
    private var isCompressed = false
    private var fragmentCount = 0
    private var message: [UInt8] = []
    private var control: [UInt8] = []

    /// Creates a decoder.
    ///
    /// - Parameters:
    ///   - expectsMask: True for frames sent by a client, false for frames sent by a server.
    ///   - inflates: Whether messages may be compressed, without reference to earlier ones.
    ///   - maximumByteCount: The maximum length of a message, compressed or not.
    init(expectsMask: Bool, inflates: Bool = false, maximumByteCount: Int) {
        self.expectsMask = expectsMask
        self.inflates = inflates
        self.maximumByteCount = maximumByteCount
    }

    /// Passes each event completed by `bytes` to `handle`, which returns `false` to stop.
    ///
    /// - Returns: How many bytes were taken: all of them, unless `handle` stopped before.
    @discardableResult
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, _ handle: (Event) -> Bool
    ) throws(ProtocolError) -> Int {
        var index = 0
        while index < bytes.count {
            switch phase {
            case .header:
                guard try readHeader(bytes, &index) else { return index }
                // An unmasked message that is completely contained in `bytes` need not be copied.
                let end = index + frame.byteCount
                if frame.opcode == 1, frame.isFinal, frame.mask == nil, end <= bytes.count {
                    let text = UnsafeRawBufferPointer(rebasing: bytes[index..<end])
                    index = end
                    kind = nil
                    phase = .header
                    guard try deliver(text, handle) else { return index }
                    continue
                }
                phase = .payload(remaining: frame.byteCount)
                if frame.byteCount == 0, try !finishFrame(handle) { return index }
            case .payload(let remaining):
                let count = min(remaining, bytes.count - index)
                append(UnsafeRawBufferPointer(rebasing: bytes[index..<index + count]))
                index += count
                phase = .payload(remaining: remaining - count)
                if remaining == count, try !finishFrame(handle) { return index }
            }
        }
        return index
    }

    private mutating func readHeader(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) throws(ProtocolError) -> Bool {
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

    private mutating func parseHeader(short: Int, lengthBytes: Int) throws(ProtocolError) {
        let (isMarked, opcode) = (head[0] & 0x40 != 0, head[0] & 0x0F)
        // The first frame of a message says that it is compressed.
        guard head[0] & 0x30 == 0, !isMarked || inflates && (opcode == 1 || opcode == 2) else {
            throw Self.protocolError("reserved bit set")
        }
        let isMasked = head[1] & 0x80 != 0
        guard isMasked == expectsMask else {
            throw Self.protocolError(expectsMask ? "unmasked frame" : "masked frame")
        }
        var length = UInt64(short)
        if lengthBytes > 0 {
            length = head[2..<2 + lengthBytes].reduce(0) { $0 << 8 | UInt64($1) }
        }
        frame.opcode = opcode
        frame.isFinal = head[0] & 0x80 != 0
        frame.isControl = frame.opcode >= 8
        switch frame.opcode {
        case 0:
            guard kind != nil else { throw Self.protocolError("continuation without a message") }
        case 1, 2:
            guard kind == nil else { throw Self.protocolError("message begins inside another") }
            kind = frame.opcode == 1 ? .text : .binary
            isCompressed = isMarked
            fragmentCount = 0
        case 8, 9, 10:
            guard frame.isFinal else { throw Self.protocolError("fragmented control frame") }
            guard length <= 125 else { throw Self.protocolError("control frame too long") }
        default:
            throw Self.protocolError("unknown opcode \(frame.opcode)")
        }
        if !frame.isControl {
            fragmentCount += 1
            guard length <= UInt64(maximumByteCount - message.count) else {
                throw ProtocolError(code: 1009, message: "message too long")
            }
            guard fragmentCount <= Self.maximumFragmentCount else {
                throw ProtocolError(code: 1009, message: "too many fragments in a message")
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
            // Binary messages are ignored, so their bytes are not kept.
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

    private mutating func finishFrame(_ handle: (Event) -> Bool) throws(ProtocolError) -> Bool {
        phase = .header
        if frame.isControl { return try finishControl(handle) }
        guard frame.isFinal else { return true }
        defer { message.removeAll(keepingCapacity: message.capacity <= 1 << 16) }
        let wasText = kind == .text
        kind = nil
        guard wasText else { return true }
        return try message.withUnsafeBufferPointer { text throws(ProtocolError) in
            try deliver(UnsafeRawBufferPointer(text), handle)
        }
    }

    /// Hands out the text of a message, inflated if it is compressed.
    private func deliver(
        _ payload: UnsafeRawBufferPointer, _ handle: (Event) -> Bool
    ) throws(ProtocolError) -> Bool {
        guard isCompressed else {
            guard UTF8Check.isValid(payload) else { throw Self.notUTF8 }
            return handle(.text(payload))
        }
        let text: [UInt8]
        do throws(MessageDeflate.Failure) {
            text = try MessageDeflate.inflated(payload, maximumByteCount: maximumByteCount)
        } catch {
            throw switch error {
            case .corrupt: ProtocolError(code: 1007, message: "compressed message is corrupt")
            case .tooLong: ProtocolError(code: 1009, message: "message too long")
            }
        }
        guard text.withUnsafeBytes(UTF8Check.isValid) else { throw Self.notUTF8 }
        return text.withUnsafeBytes { handle(.text($0)) }
    }

    private mutating func finishControl(_ handle: (Event) -> Bool) throws(ProtocolError) -> Bool {
        defer { control.removeAll(keepingCapacity: true) }
        switch frame.opcode {
        case 9: return control.withUnsafeBytes { handle(.ping($0)) }
        case 10: return handle(.pong)
        default:
            guard control.count != 1 else { throw Self.protocolError("close code of one byte") }
            guard control.count >= 2 else { return handle(.close(nil, reason: "")) }
            let code = UInt16(control[0]) << 8 | UInt16(control[1])
            switch code {
            case 1000...1003, 1007...1014, 3000...4999:
                let reason = String(decoding: control[2...], as: UTF8.self)
                return handle(.close(code, reason: reason))
            default: throw Self.protocolError("invalid close code \(code)")
            }
        }
    }

    private static let notUTF8 = ProtocolError(code: 1007, message: "text message is not UTF-8")

    private static func protocolError(_ message: String) -> ProtocolError {
        ProtocolError(code: 1002, message: message)
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import NIOPosix

/// One end of a WebSocket, frame by frame, that says what a script wants.
struct RawSocket {
    enum Frame: Equatable, Sendable {
        case text(String)
        case close([UInt8])
        case other(UInt8)
        /// The connection is gone.
        case end
    }

    /// What was said so far and not read yet.
    private var heard: [UInt8] = []
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// Clients mask what they say.
    private let masks: Bool

    init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, masks: Bool
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
        self.masks = masks
    }

    /// Connects to `port` for as long as `body` takes.
    static func connect<Value: Sendable>(
        to port: Int, _ body: (inout RawSocket) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var socket = RawSocket(inbound, outbound, masks: true)
            return try await body(&socket)
        }
    }

    // MARK: Saying

    func say(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func sayText(_ text: String) async throws { try await frame(0x81, Array(text.utf8)) }

    func sayClose(_ payload: [UInt8]) async throws { try await frame(0x88, payload) }

    /// Sends one whole frame of at most 65,535 bytes.
    private func frame(_ first: UInt8, _ payload: [UInt8]) async throws {
        var bytes: [UInt8] = [first]
        let bit: UInt8 = masks ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(bit | UInt8(payload.count))
        } else {
            bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        }
        if masks {
            let mask: [UInt8] = [0xA1, 0x5C, 0x07, 0xF3]
            bytes += mask
            bytes += payload.enumerated().map { $1 ^ mask[$0 % 4] }
        } else {
            bytes += payload
        }
        try await outbound.write(ByteBuffer(bytes: bytes))
    }

    // MARK: Hearing

    /// Hears until the end of the head of a request or response; `nil` when none came.
    mutating func head() async throws -> String? {
        while true {
            let text = String(decoding: heard, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end.upperBound])
                heard.removeFirst(head.utf8.count)
                return head
            }
            guard try await hear() else { return nil }
        }
    }

    /// The next frame.
    mutating func frame() async throws -> Frame {
        while true {
            if let frame = takeFrame() { return frame }
            guard try await hear() else { return .end }
        }
    }

    private mutating func takeFrame() -> Frame? {
        guard heard.count >= 2 else { return nil }
        var start = 2
        var length = Int(heard[1] & 0x7F)
        if length == 126 {
            guard heard.count >= 4 else { return nil }
            length = Int(heard[2]) << 8 | Int(heard[3])
            start = 4
        }
        let isMasked = heard[1] & 0x80 != 0
        let mask = isMasked ? start..<start + 4 : start..<start
        start += mask.count
        guard heard.count >= start + length else { return nil }
        let key = Array(heard[mask])
        let payload = heard[start..<start + length].enumerated().map { index, byte in
            isMasked ? byte ^ key[index % 4] : byte
        }
        let first = heard[0]
        heard.removeFirst(start + length)
        // The client's frames must be masked, the server's must not.
        guard isMasked != masks else { return .other(first) }
        switch first {
        case 0x81: return .text(String(decoding: payload, as: UTF8.self))
        case 0x88: return .close(payload)
        default: return .other(first)
        }
    }

    private mutating func hear() async throws -> Bool {
        do {
            guard let buffer = try await inbound.next() else { return false }
            heard += buffer.readableBytesView
            return true
        } catch is IOError {
            return false
        }
    }
}

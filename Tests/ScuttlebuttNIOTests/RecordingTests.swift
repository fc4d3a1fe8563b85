// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttNIO

/// One conversation of the original programs over Primus.
struct Recording: Sendable, CustomTestStringConvertible {
    let name: String
    let frames: [RecordedLine]
    var testDescription: String { name }

    static let all = Fixtures.recordingNames(prefix: "primus").map { name in
        Recording(name: name, frames: Fixtures.recording(name).filter { $0.kind == "frame" })
    }
}

extension RecordedLine {
    /// A frame as it was on the wire.
    fileprivate var raw: [UInt8] { Fixtures.bytes(hex: rawhex ?? "") }

    /// The string that a frame holds; `nil` for close frames.
    fileprivate var item: String? {
        data.flatMap { try? JSONDecoder().decode(String.self, from: Data($0.utf8)) }
    }
}

@Suite("Recordings of the originals", .timeLimit(.minutes(20)))
struct RecordingTests {
    @Test("Every recording of Primus is here")
    func all() { #expect(Recording.all.count == 8) }

    /// Feeds one direction of one connection to our side of it, in chunks.
    static func play(_ frames: [RecordedLine], isClient: Bool, chunk: Int) -> (
        lines: [String], replies: [UInt8], end: Arrivals.End?
    ) {
        let bound = 10_485_760
        let primus =
            isClient
            ? PrimusFraming(client: PrimusTimings(), dialect: .unknown, maximumByteCount: bound)
            : PrimusFraming(server: PrimusTimings(), identity: "ID", maximumByteCount: bound)
        var framing = WebSocketFraming(
            isClient: isClient, maximumByteCount: bound, primus: primus)
        let now = NIODeadline.uptimeNanoseconds(0)
        framing.opened(now: now)
        var arrivals = Arrivals()
        let bytes = frames.flatMap(\.raw)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let piece = Array(bytes[start..<min(start + chunk, bytes.count)])
            _ = piece.withUnsafeBytes { framing.receive($0, now: now, into: &arrivals) }
        }
        return (arrivals.lines.texts, Array(arrivals.reply.readableBytesView), arrivals.end)
    }

    @Test(
        "What the originals sent is understood", arguments: Recording.all,
        [1, 7, 1_000, Int.max >> 1])
    func understood(_ recording: Recording, chunk: Int) {
        for conn in Set(recording.frames.map(\.conn)) {
            for isClient in [false, true] {
                let frames = recording.frames.filter {
                    $0.conn == conn && $0.dir == (isClient ? .server : .client)
                }
                let items = frames.compactMap(\.item)
                let played = Self.play(frames, isClient: isClient, chunk: chunk)
                let lines = items.filter { !$0.hasPrefix("primus::") }
                #expect(played.lines == lines.map { String($0.dropLast()) })
                let isDismissed = items.contains("primus::server::close")
                let isClosed = frames.contains { $0.opcode == 8 }
                switch played.end {
                case nil: #expect(!isClosed)
                case .ended?: #expect(isClosed && !isDismissed)
                case .failed(let error)?: #expect(error.code == .dismissed && isDismissed)
                }
            }
        }
    }

    @Test("What we send equals what the originals sent, byte for byte", arguments: Recording.all)
    func equal(_ recording: Recording) {
        for frame in recording.frames where frame.dir == .server {
            guard let item = frame.item else { continue }
            var buffer = ByteBuffer()
            if item.hasPrefix("primus::") {
                PrimusString.write(item: item, masked: false, to: &buffer)
            } else {
                let line = Array(item.dropLast().utf8)
                buffer = PrimusString.encode(OutboundLines(lines: [line]), masked: false)
            }
            #expect(Array(buffer.readableBytesView) == frame.raw)
        }
    }

    @Test("Pings of the originals get the pongs that they got", arguments: Recording.all)
    func pongs(_ recording: Recording) {
        for frame in recording.frames {
            guard let item = frame.item, item.hasPrefix("primus::ping::") else { continue }
            let isClient = frame.dir == .server
            let replies = Self.play([frame], isClient: isClient, chunk: 1_000).replies
            let pong = item.replacingOccurrences(of: "ping", with: "pong")
            #expect(WebSocketDecoderTests.decode(replies, masked: isClient) == ["t:\"\(pong)\""])
        }
    }
}

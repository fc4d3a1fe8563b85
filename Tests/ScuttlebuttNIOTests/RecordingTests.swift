// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttNIO

/// The frames of the original programs, as recorded beside the specification.
struct Recording: Sendable, CustomTestStringConvertible {
    struct Frame: Decodable, Sendable {
        var conn: Int
        var dir: String
        var kind: String?
        var opcode: Int?
        var data: String?
        var rawhex: String?

        var raw: [UInt8] {
            let digits = Array(rawhex ?? "").compactMap(\.hexDigitValue)
            return stride(from: 0, to: digits.count - 1, by: 2).map {
                UInt8(digits[$0] << 4 | digits[$0 + 1])
            }
        }
        /// The string that the frame holds; `nil` for close frames.
        var item: String? {
            data.flatMap { try? JSONDecoder().decode(String.self, from: Data($0.utf8)) }
        }
    }

    let name: String
    let frames: [Frame]
    var testDescription: String { name }

    /// All Primus recordings; empty where they do not lie beside the repository.
    static let all: [Recording] = {
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        let folder = here.deletingLastPathComponent().appendingPathComponent(
            "../../../shared/wire")
        let files =
            (try? FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.lastPathComponent.hasPrefix("primus") }
            .sorted { $0.path < $1.path }
            .compactMap { file in
                guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
                let frames = text.split(separator: "\n").compactMap {
                    try? JSONDecoder().decode(Frame.self, from: Data($0.utf8))
                }
                return Recording(
                    name: file.deletingPathExtension().lastPathComponent,
                    frames: frames.filter { $0.kind == "frame" })
            }
    }()
}

@Suite(
    "Recordings of the originals",
    .enabled(if: !Recording.all.isEmpty, "../shared/wire is not beside the repository"),
    .timeLimit(.minutes(10)))
struct RecordingTests {
    /// Feeds one direction of one connection to our side of it, in chunks.
    static func play(_ frames: [Recording.Frame], isClient: Bool, chunk: Int) -> (
        lines: [String], replies: [UInt8], end: Arrivals.End?
    ) {
        let bound = 10_485_760
        let primus =
            isClient
            ? PrimusFraming(client: PrimusTimings(), dialect: .unknown, maximumByteCount: bound)
            : PrimusFraming(server: PrimusTimings(), identity: "ID", maximumByteCount: bound)
        var framing = WebSocketFraming(
            isClient: isClient, maximumByteCount: bound, dialect: .primus(primus))
        let now = NIODeadline.uptimeNanoseconds(0)
        framing.opened(now: now)
        var arrivals = Arrivals()
        let bytes = frames.flatMap(\.raw)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let piece = Array(bytes[start..<min(start + chunk, bytes.count)])
            piece.withUnsafeBytes { framing.receive($0, now: now, into: &arrivals) }
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
                    $0.conn == conn && $0.dir == (isClient ? "s>c" : "c>s")
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
        for frame in recording.frames where frame.dir == "s>c" {
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
            let isClient = frame.dir == "s>c"
            let replies = Self.play([frame], isClient: isClient, chunk: 1_000).replies
            let pong = item.replacingOccurrences(of: "ping", with: "pong")
            #expect(WebSocketDecoderTests.decode(replies, masked: isClient) == ["t:\"\(pong)\""])
        }
    }
}

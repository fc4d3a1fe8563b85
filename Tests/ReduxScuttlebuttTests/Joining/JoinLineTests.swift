// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ReduxScuttlebutt

@Suite("Lines about joining", .timeLimit(.minutes(1)))
struct JoinLineTests {
    private static let hash = ContentHash(of: [1, 2, 3])
    static let lines: [JoinLine] = [
        .ask(count: 0, holding: nil, reducerVersion: "1"),
        .ask(count: 12, holding: hash, reducerVersion: ""),
        .ask(count: .max, holding: hash, reducerVersion: "2 of \"three\" \u{1F600}"),
        .offer(hash, byteCount: 1), .part(hash, 0..<1), .part(hash, 1_048_576..<2_000_000),
        .tail(after: Stamp(timestamp: .maximum, source: source("a b  c\u{0}\u{2028}"))),
        .tail(after: Stamp(timestamp: ScuttlebuttTime.half, source: source(" "))),
        .bytes([]), .bytes([UInt8](0...255)), .end, .none,
    ]

    @Test("A line is read as it was written", arguments: lines)
    func roundTrip(line: JoinLine) throws {
        let written = line.line
        #expect(!written.contains(0x0A))
        #expect(JoinLine.isJoinLine(written))
        #expect(JoinLine(written) == line)
        // The originals and the session see a string without a meaning.
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        #expect(try decoder.decode(written) == .ignored)
    }

    @Test("The form is fixed")
    func form() {
        #expect(
            String(decoding: Self.lines[0].line, as: UTF8.self) == "\"JOIN ASK 0 - 1\"")
        #expect(
            String(decoding: JoinLine.bytes(Array("hi".utf8)).line, as: UTF8.self)
                == "\"JOIN BYTES aGk=\"")
        #expect(String(decoding: JoinLine.end.line, as: UTF8.self) == "\"JOIN END\"")
    }

    @Test(
        "Whatever else a line says has no meaning",
        arguments: [
            "\"JOIN\"", "\"JOIN \"", "\"JOIN ASK\"", "\"JOIN ASK -1 - 1\"", "\"JOIN ASK 1 x 1\"",
            "\"JOIN OFFER 00 1\"", "\"JOIN PART - 0 1\"", "\"JOIN BYTES =\"", "\"JOIN END now\"",
            "\"JOIN TAIL 0 a\"", "\"JOIN TAIL 1e999 a\"", "\"JOIN TAIL x a\"", "\"JOIN ASK 1 - 1",
            "\"JOIN OFFER \(hash.hexadecimal) 0\"", "\"JOIN PART \(hash.hexadecimal) 5 5\"",
            "\"JOIN OFFER \(hash.hexadecimal) 99999999999999999999\"",
        ])
    func meaningless(text: String) {
        #expect(JoinLine(Array(text.utf8)) == nil)
    }

    @Test("Changed bytes of a line or of a content never trap", arguments: UInt64(0)..<8)
    func hostile(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let content = try ScriptedServer.content(50)
        for _ in 0..<400 {
            var line = Self.lines[random.below(Self.lines.count)].line
            var bytes = content
            for _ in 0...random.below(3) {
                line[random.below(line.count)] = UInt8(random.below(256))
                bytes[random.below(bytes.count)] = UInt8(random.below(256))
            }
            if random.below(4) == 0 {
                line.removeLast(random.below(line.count))
                bytes.removeLast(random.below(bytes.count))
            }
            if let read = JoinLine(line) { #expect(JoinLine(read.line) == read) }
            guard let read = try? CheckpointContent(bytes) else { continue }
            #expect(read.checkpoint.count >= read.checkpoint.vector.count)
            #expect(read.checkpoint.vector[read.checkpoint.stamp.source] != nil)
        }
    }
}

private enum ScuttlebuttTime {
    /// Not every timestamp is whole.
    static let half = Timestamp(0.5) ?? .maximum
}

// SPDX-License-Identifier: MIT

import NIOCore
import TestSupport
import Testing

@testable import ScuttlebuttNIO

@Suite("WebSocketDecoder", .timeLimit(.minutes(20)))
struct WebSocketDecoderTests {
    /// What came out, as text: `t:` texts, `p:` pings, `o` pongs, `c` closes, `!code` violations.
    static func decode(
        _ bytes: [UInt8], chunk: Int = .max, masked: Bool = false, bound: Int = 1_000,
        inflates: Bool = false
    ) -> [String] {
        var decoder = WebSocketDecoder(
            expectsMask: masked, inflates: inflates, maximumByteCount: bound)
        var said: [String] = []
        var start = 0
        while start < bytes.count {
            let end = start + min(chunk, bytes.count - start)
            do {
                let piece = Array(bytes[start..<end])
                _ = try piece.withUnsafeBytes { piece in
                    try decoder.decode(piece) { event in
                        switch event {
                        case .text(let text):
                            said.append("t:" + Self.text(text))
                        case .ping(let data):
                            said.append("p:" + Self.text(data))
                        case .pong: said.append("o")
                        case .close(let code, _): said.append("c\(code ?? 0)")
                        }
                        return true
                    }
                }
            } catch {
                return said + ["!\((error as? WebSocketDecoder.ProtocolError)?.code ?? 0)"]
            }
            start = end
        }
        return said
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    static func frame(_ first: UInt8, _ text: String, masked: Bool = false) -> [UInt8] {
        frame(first, Array(text.utf8), masked: masked)
    }

    static func frame(_ first: UInt8, _ payload: [UInt8], masked: Bool = false) -> [UInt8] {
        var frame = [first]
        let bit: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: frame.append(bit | UInt8(payload.count))
        case ..<65_536: frame += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            frame.append(bit | 127)
            frame += (0..<8).reversed().map { UInt8(payload.count >> (8 * $0) & 255) }
        }
        guard masked else { return frame + payload }
        let key: [UInt8] = [0x12, 0x34, 0xAB, 0xCD]
        return frame + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    @Test("Messages are the same wherever the chunks are cut", arguments: 1...20, [false, true])
    func chunks(size: Int, masked: Bool) {
        func frame(_ first: UInt8, _ text: String) -> [UInt8] {
            Self.frame(first, text, masked: masked)
        }
        let long = String(repeating: "lang €", count: 40)
        let bytes =
            frame(0x81, "one") + frame(0x01, "tw") + frame(0x89, "beat") + frame(0x00, "")
            + frame(0x80, "o €") + frame(0x82, "binary") + frame(0x81, "") + frame(0x8A, "x")
            + frame(0x81, long) + Self.frame(0x88, [0x03, 0xE8], masked: masked)
        #expect(
            Self.decode(bytes, chunk: size, masked: masked) == [
                "t:one", "p:beat", "t:two €", "t:", "o", "t:\(long)", "c1000",
            ])
    }

    @Test("A character may be split over fragments, but must be whole in the end")
    func splitCharacter() {
        let euro = Array("€".utf8)
        #expect(
            Self.decode(Self.frame(0x01, [euro[0]]) + Self.frame(0x80, Array(euro[1...])))
                == ["t:€"])
        #expect(Self.decode(Self.frame(0x81, Array(euro[..<2]))) == ["!1007"])
    }

    static let forbidden: [([UInt8], Int)] = [
        (frame(0xC1, "rsv1"), 1002),
        (frame(0xA1, "rsv2"), 1002),
        (frame(0x91, "rsv3"), 1002),
        (frame(0x83, "opcode 3"), 1002),
        (frame(0x8B, "opcode 11"), 1002),
        (frame(0x09, "fragmented ping"), 1002),
        (frame(0x08, ""), 1002),
        (long(0x89, 126), 1002),
        (frame(0x80, "stray continuation"), 1002),
        (frame(0x00, "stray"), 1002),
        (frame(0x01, "a") + frame(0x81, "b"), 1002),
        (frame(0x81, "x", masked: true), 1002),
        (frame(0x88, [3] as [UInt8]), 1002),
        (frame(0x88, [0x03, 0xED] as [UInt8]), 1002),
        (frame(0x88, [0, 0]), 1002),
        (long(0x81, 1_001), 1009),
        (long(0x01, 900) + long(0x80, 101), 1009),
        ([0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009),
        ([0x81, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009),
        (frame(0x81, [0xC0, 0x80]), 1007),
        (frame(0x81, [0xED, 0xA0, 0x80]), 1007),
        (frame(0x81, [0xF4, 0x90, 0x80, 0x80]), 1007),
        (frame(0x81, [0xE0, 0x80, 0x80]), 1007),
        (frame(0x81, [0xFF]), 1007),
        (frame(0x81, [49, 50, 51, 52, 53, 54, 55, 56, 0x80] as [UInt8]), 1007),
    ]

    static func long(_ first: UInt8, _ count: Int) -> [UInt8] {
        frame(first, [UInt8](repeating: 0x78, count: count))
    }

    @Test(
        "What the RFC forbids is an error and never traps",
        arguments: forbidden)
    func violations(bytes: [UInt8], code: Int) {
        for chunk in [1, 2, 3, Int.max] {
            #expect(Self.decode(bytes, chunk: chunk).last == "!\(code)")
        }
    }

    @Test("A message of endless empty fragments ends")
    func endlessFragments() {
        var bytes = Self.frame(0x01, "")
        for _ in 0...WebSocketDecoder.maximumFragmentCount { bytes += Self.frame(0x00, "") }
        #expect(Self.decode(bytes) == ["!1009"])
    }

    @Test("Random bytes never trap", arguments: UInt64(0)..<200)
    func noise(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<400).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        _ = Self.decode(bytes, chunk: 7)
        _ = Self.decode(bytes, masked: true)
        _ = Self.decode([0x81, 0x7E, 0x00, 0xC8] + bytes)
    }

    @Test(
        "Frames of every length form survive writing and reading",
        arguments: [0, 1, 125, 126, 65_535, 65_536])
    func roundTrip(count: Int) {
        let text = String(repeating: "a", count: count)
        for masked in [false, true] {
            var buffer = ByteBuffer()
            Array(text.utf8).withUnsafeBytes {
                WebSocketFrames.write(.text, $0, masked: masked, to: &buffer)
            }
            let bytes = Array(buffer.readableBytesView)
            #expect(Self.decode(bytes, masked: masked, bound: 100_000) == ["t:\(text)"])
            if !masked { #expect(bytes == Self.frame(0x81, text)) }
        }
    }
}

// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import ScuttlebuttNIO

@Suite("Compressed messages", .timeLimit(.minutes(20)))
struct MessageDeflateTests {
    static func compressed(_ payload: [UInt8], windowBits: Int = 15) -> [UInt8]? {
        payload.withUnsafeBytes { MessageDeflate.compress($0, windowBits: windowBits) }
    }

    static func inflated(
        _ bytes: [UInt8], bound: Int = 1 << 20
    ) throws(MessageDeflate.Failure) -> [UInt8] {
        try bytes.withUnsafeBufferPointer { bytes throws(MessageDeflate.Failure) in
            try MessageDeflate.inflated(UnsafeRawBufferPointer(bytes), maximumByteCount: bound)
        }
    }

    /// The examples of RFC 7692, section 7.2.3, and what Python's zlib 1.2.13 writes.
    static let vectors: [(hex: String, text: String)] = [
        ("f248cdc9c90700", "Hello"),
        ("000500faff48656c6c6f00", "Hello"),
        ("f348cdc9c9070000", "Hello"),
        ("f24805000000ffffcac9c90700", "Hello"),
        ("00", ""),
        ("4a4c4a4e494d4bcfc8ccca0600", "abcdefghijk"),
    ]

    @Test("The RFC's examples are inflated", arguments: vectors)
    func examples(hex: String, text: String) throws {
        #expect(
            String(decoding: try Self.inflated(Fixtures.bytes(hex: hex)), as: UTF8.self) == text)
    }

    @Test(
        "What is no whole message, or refers to an earlier one, is corrupt",
        arguments: [
            // The second "Hello" of section 7.2.3.2, which refers to the first.
            "f200110000",
            // A reserved type of block, lengths that contradict each other, half a message.
            "06", "000500ffff48656c6c6f00", "f248cd", "0005", "ff", "ffffffff",
        ])
    func corrupt(hex: String) {
        #expect(throws: MessageDeflate.Failure.corrupt) {
            try Self.inflated(Fixtures.bytes(hex: hex))
        }
    }

    @Test(
        "What is compressed comes back, with any window",
        arguments: 0..<20 as Range<UInt64>, [9, 10, 12, 15])
    func roundTrip(seed: UInt64, windowBits: Int) throws {
        var random = SplitMix64(seed: seed)
        let words = ["[{\"type\":\"", "INSERT", "\"},", "1", "2", "€", "ABCDEF0123456789"]
        let count = Int.random(in: 300...20_000, using: &random)
        let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
        let payload = Array(text.utf8)
        let compressed = try #require(Self.compressed(payload, windowBits: windowBits))
        #expect(compressed.count < payload.count)
        #expect(try Self.inflated(compressed) == payload)
    }

    @Test("What would not become smaller is not compressed")
    func incompressible() {
        var random = SplitMix64(seed: 7)
        let noise = (0..<2_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(Self.compressed(noise) == nil)
        #expect(Self.compressed([]) == nil)
        #expect(Self.compressed([0x61]) == nil)
    }

    @Test("A payload of exactly the bound is inflated, one byte more is too long")
    func bound() throws {
        for count in [1, 1_023, 1_024, 1_025, 16_383, 16_384, 16_385, 300_000] {
            let payload = [UInt8](repeating: 0x61, count: count)
            let bomb = try #require(
                count < 512
                    ? [0x00, UInt8(count), 0x00, ~UInt8(count), 0xFF] + payload + [0x00]
                    : Self.compressed(payload))
            #expect(try Self.inflated(bomb, bound: count) == payload)
            #expect(throws: MessageDeflate.Failure.tooLong) {
                try Self.inflated(bomb, bound: count - 1)
            }
        }
    }

    @Test("A bomb of 64 MB is too long, also if it says again and again that it has ended")
    func bombs() throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 26)
        let bomb = try #require(Self.compressed(zeros))
        #expect(bomb.count < 1 << 17)
        #expect(throws: MessageDeflate.Failure.tooLong) {
            try Self.inflated(bomb, bound: 10_485_760)
        }
        // A last block of five bytes, aligned by a block that is not the last.
        let hello = Fixtures.bytes(hex: "f348cdc9c90700")
        let again = Array([[UInt8]](repeating: hello, count: 300_000).joined()) + [0x00]
        #expect(throws: MessageDeflate.Failure.tooLong) { try Self.inflated(again) }
        #expect(try Self.inflated(again, bound: 1_500_000).count == 1_500_000)
    }

    @Test(
        "No bytes make it trap or give more than the bound",
        arguments: 0..<200 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        if seed.isMultiple(of: 2) {
            let text = [UInt8](repeating: 0x62, count: 3_000) + bytes
            bytes = try #require(Self.compressed(text))
            let place = bytes.indices.randomElement(using: &random) ?? 0
            bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        }
        if let payload = try? Self.inflated(bytes, bound: 2_000) { #expect(payload.count <= 2_000) }
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("PropertyKey", .timeLimit(.minutes(20)))
struct PropertyKeyTests {
    /// Any string of JavaScript: code units without regard to pairs.
    private static func units(_ random: inout SplitMix64) -> [UInt16] {
        let pool: [UInt16] = [
            0x20, 0x41, 0x22, 0x5C, 0x7F, 0x80, 0xE9, 0x7FF, 0x800, 0x2028, 0xD7FF, 0xD800, 0xDBFF,
            0xDC00, 0xDFFF, 0xE000, 0xFFFF, 0x0A, 0x00,
        ]
        return (0..<Int.random(in: 0..<6, using: &random)).map { _ in
            pool[Int.random(in: 0..<pool.count, using: &random)]
        }
    }

    private static func key(_ units: [UInt16]) -> PropertyKey? {
        var literal: [UInt8] = [0x22]
        for unit in units {
            let digits = String(unit, radix: 16)
            literal += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
        }
        literal.append(0x22)
        return literal.withUnsafeBufferPointer { PropertyKey(0..<$0.count, in: $0) }
    }

    @Test("Keys are equal and ordered as JavaScript's strings are", arguments: 0..<200)
    func order(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            let (a, b) = (Self.units(&random), Self.units(&random))
            let (left, right) = (try #require(Self.key(a)), try #require(Self.key(b)))
            #expect((left == right) == (a == b))
            #expect((left < right) == a.lexicographicallyPrecedes(b), "\(a) < \(b)")
        }
    }

    @Test("A key survives being printed, and being encoded", arguments: 0..<200)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let key = try #require(Self.key(Self.units(&random)))
        var literal: [UInt8] = []
        key.append(to: &literal)
        #expect(literal.withUnsafeBufferPointer { PropertyKey(0..<$0.count, in: $0) } == key)
        let encoded = try JSONEncoding().encode([key])
        #expect(try JSONDecoding().decode([PropertyKey].self, from: encoded) == [key])
    }

    @Test("Half a surrogate pair is printed as JavaScript prints it")
    func printing() throws {
        var literal: [UInt8] = []
        try #require(Self.key([0x41, 0xD83D, 0x22, 0xD83D, 0xDE00])).append(to: &literal)
        #expect(String(decoding: literal, as: UTF8.self) == "\"A\\ud83d\\\"😀\"")
    }

    @Test("Letters that Swift calls equal are two keys")
    func normalisation() {
        #expect("\u{E9}" == "e\u{301}")
        #expect(PropertyKey("\u{E9}") != PropertyKey("e\u{301}"))
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttCoding
import TestSupport
import Testing

@Suite("The canonical encoding of a state", .timeLimit(.minutes(20)))
struct CanonicalEncoderTests {
    enum Suit: String, Codable, Hashable { case clubs, hearts }
    enum Shape: Codable, Hashable {
        case circle(radius: Double)
        case square(Int, String?)
        case empty
    }
    class Animal: Codable {
        var name = "a"
        init() {}
    }
    final class Cat: Animal {
        var lives = 9
        private enum Keys: CodingKey { case lives }
        override init() { super.init() }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            lives = try container.decode(Int.self, forKey: .lives)
            try super.init(from: container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(lives, forKey: .lives)
            try super.encode(to: container.superEncoder())
        }
    }
    struct State: Codable, Hashable {
        var title = "e\u{301} \u{E9} \u{1F600} \0"
        var counts: [Int8: UInt64] = [-128: .max, 0: 0, 127: 1 << 63]
        var bySuit: [Suit: [String]] = [.hearts: [], .clubs: ["x", ""]]
        var sets: Set<Set<Int>> = [[1, 2, 3], [], [Int.min, Int.max]]
        var numbers: [Double] = [0, -0.0, 1, .infinity, -.infinity, .leastNonzeroMagnitude, 0.1]
        var floats: [Float] = [0.1, -.infinity]
        var optional: Int??
        var nested: [Int?] = [nil, 3, nil]
        var shapes: [Shape] = [.circle(radius: 2), .square(-3, nil), .square(4, "s"), .empty]
        var bytes: [UInt8] = [0, 255, 7]
        var data = Data([1, 2, 3])
        var date = Date(timeIntervalSinceReferenceDate: 0.1)
        var identifier = UUID(uuidString: "8A1B2C3D-0000-4000-8000-0123456789AB")
        var decimal = Decimal(string: "12345678901234567890.25")
        var link = URL(string: "https://example.org/a?b#c")
        var keyed: [UUID: Bool] = [:]
    }

    private func expectRoundTrip<Value: Codable & Equatable>(_ value: Value) throws {
        let bytes = try CanonicalEncoder().encode(value)
        let decoded = try CanonicalDecoder().decode(Value.self, from: bytes)
        #expect(decoded == value)
        #expect(try CanonicalEncoder().encode(decoded) == bytes)
    }

    @Test("Everything comes back as it was, and gives the same bytes again")
    func roundTrips() throws {
        try expectRoundTrip(State())
        try expectRoundTrip(5)
        try expectRoundTrip("")
        try expectRoundTrip([String: [Int]]())
        try expectRoundTrip(Int?.none)
        try expectRoundTrip([UInt64.max, 0])
        let cat = try CanonicalDecoder().decode(
            Cat.self, from: try CanonicalEncoder().encode(Cat()))
        #expect(cat.name == "a" && cat.lives == 9)
        let nan = try CanonicalDecoder().decode(
            Double.self, from: try CanonicalEncoder().encode(Double.nan))
        #expect(nan.isNaN)
        let zero = try CanonicalDecoder().decode(
            Double.self, from: try CanonicalEncoder().encode(-0.0))
        #expect(zero.sign == .minus)
    }

    @Test("Of an optional of an optional, the inner nil is read back as the outer")
    func nestedOptionals() throws {
        struct Holder: Codable, Equatable { var value: Int?? }
        let bytes = try CanonicalEncoder().encode(Holder(value: .some(nil)))
        let decoded = try CanonicalDecoder().decode(Holder.self, from: bytes)
        #expect(decoded == Holder(value: nil))
        try expectRoundTrip(Holder(value: 5))
    }

    @Test("Strings that are equal only when normalised stay different")
    func keepsStrings() throws {
        #expect(try CanonicalEncoder().encode("\u{E9}") != CanonicalEncoder().encode("e\u{301}"))
    }

    @Test("Neither the order of insertion nor the capacity shows", arguments: UInt64(0)..<30)
    func isCanonical(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let numbers = (0..<100).map { _ in random.below(1_000) }
        func make(_ numbers: [Int], _ capacity: Int) -> State {
            var state = State()
            state.sets = []
            state.counts = [:]
            state.counts.reserveCapacity(capacity)
            for number in numbers {
                var inner = Set<Int>(minimumCapacity: capacity)
                for part in numbers where part % 7 == number % 7 { inner.insert(part) }
                state.sets.insert(inner)
                state.counts[Int8(truncatingIfNeeded: number)] = UInt64(number % 3)
                state.bySuit[number % 2 == 0 ? .clubs : .hearts] = ["\(number % 2)"]
            }
            for byte in 0..<20 {
                let name = "00000000-0000-4000-8000-0000000000\(byte + 10)"
                if let key = UUID(uuidString: name) { state.keyed[key] = true }
            }
            return state
        }
        let one = make(numbers, 1)
        let values = Dictionary(numbers.map { (Int8(truncatingIfNeeded: $0), $0 % 3) }) { $1 }
        var other = make(numbers.reversed(), 5_000)
        other.counts = one.counts
        #expect(values.count == one.counts.count && one == other)
        #expect(try CanonicalEncoder().encode(one) == CanonicalEncoder().encode(other))
        try expectRoundTrip(one)
    }

    @Test("The form of a small value is fixed for ever")
    func golden() throws {
        struct Small: Codable {
            var b = [1, -1, 300]
            var a: String? = "\u{E9}"
            var c: [String: Set<Int>] = ["z": [2, 1]]
            var d = 1.5
        }
        let bytes = try CanonicalEncoder().encode(Small())
        let text = bytes.map { String($0, radix: 16) }.joined(separator: " ")
        #expect(
            text == "6d 4 1 61 73 2 c3 a9 1 62 61 3 2b 1 2d 0 2b ac 2 1 63 6d 1 1 7a 61 2 2b 1 "
                + "2b 2 1 64 64 0 0 0 0 0 0 f8 3f")
    }

    @Test("A model that has changed reads what it can, and says what it cannot")
    func evolves() throws {
        struct Old: Codable { var count: Int8 = 5 }
        struct New: Codable {
            var count: Int64
            var note: String?
        }
        struct Other: Codable { var name: String }
        let bytes = try CanonicalEncoder().encode(Old())
        let new = try CanonicalDecoder().decode(New.self, from: bytes)
        #expect(new.count == 5 && new.note == nil)
        #expect(throws: DecodingError.self) {
            try CanonicalDecoder().decode(Other.self, from: bytes)
        }
        let large = try CanonicalEncoder().encode(["count": 300])
        #expect(throws: DecodingError.self) {
            try CanonicalDecoder().decode(Old.self, from: large)
        }
    }

    @Test("Changed bytes never trap and never give another value with the same bytes")
    func mutatedBytes() throws {
        let sound = try CanonicalEncoder().encode(State())
        for seed in UInt64(0)..<4_000 {
            var random = SplitMix64(seed: seed)
            var bytes = sound
            for _ in 0...random.below(3) {
                switch random.below(3) {
                case 0: bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.removeLast(min(bytes.count - 1, random.below(40)))
                default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
                }
            }
            _ = try? CanonicalDecoder().decode(State.self, from: bytes)
        }
        // Nesting and counts that nothing backs.
        let deep = (0..<2_000_000).flatMap { (_: Int) -> [UInt8] in [0x61, 1] }
        #expect(throws: DecodingError.self) {
            try CanonicalDecoder().decode([Int].self, from: deep)
        }
        let huge: [UInt8] = [0x61, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
        #expect(throws: DecodingError.self) {
            try CanonicalDecoder().decode([Int].self, from: huge)
        }
    }

    @Test("A value without end gives an error instead of a stack overflow")
    func endless() {
        struct Endless: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(Endless())
            }
        }
        #expect(throws: EncodingError.self) { try CanonicalEncoder().encode(Endless()) }
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@testable import Scuttlebutt

@Suite(.timeLimit(.minutes(20))) struct JSONNumberTests {
    static func print(_ value: Double) -> String {
        var output: [UInt8] = []
        JSONNumber.append(value, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "A double prints as JavaScript prints it",
        arguments: [
            (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e21, "1e+21"),
            (1e20, "100000000000000000000"), (1e-6, "0.000001"), (1e-7, "1e-7"),
            (1.25e-7, "1.25e-7"), (1795234529926.001, "1795234529926.001"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (2.2250738585072014e-308, "2.2250738585072014e-308"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123_456_789_012_345_683_968, "123456789012345680000"),
            (9_007_199_254_740_992, "9007199254740992"),
            (9007199254740994, "9007199254740994"), (4.35, "4.35"), (1e23, "1e+23"),
            (-1e-10, "-1e-10"), (100.5, "100.5"),
            (.infinity, "null"), (.nan, "null"), (Double(1 << 60), "1152921504606847000"),
        ] as [(Double, String)])
    func prints(value: Double, text: String) {
        #expect(Self.print(value) == text)
    }

    @Test("The smallest doubles print with the few digits that they have")
    func subnormal() {
        let smallest = Double.leastNonzeroMagnitude
        #expect(Self.print(smallest) == "5e-324")
        #expect(Self.print(smallest * 4) == "2e-323")
        #expect(Self.print(smallest * 19) == "9.4e-323")
    }

    @Test(
        "A number text parses to the nearest double",
        arguments: [
            "0", "-0", "1", "1795234529926.001", "9007199254740993", "9007199254740992.99999",
            "1e999", "-1e999", "1e-999", "1e99999999999999999999", "1e-99999999999999999999",
            "0.000000000000000000000000000001e30", "123456789012345678901234567890",
            "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9e-324", "2.4e-324",
            "2.5e-324",
            "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
            "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664"
                + "9",
            "9007199254740993.0000000000000000000000000000000001", "9007199254740993.000",
            "9007199254740991.5", "9007199254740992.5", "1.00000000000000011102230246251565404",
            "1.000000000000000111022302462515654042363166809082031250", "8.5e22", "1e22", "1e23",
            "1.000000000000000111022302462515654042363166809082031249", "0e500", "0.0e-5",
            "1.000000000000000111022302462515654042363166809082031251", "6929495644600919.5",
        ])
    func parses(text: String) throws {
        let expected = try #require(strtod(text, nil))
        #expect(JSONNumber.parse(Array(text.utf8)).bitPattern == expected.bitPattern)
    }

    @Test("Random doubles survive printing, in the standard library's digits", arguments: 0..<8)
    func roundTrip(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var failures: [Double] = []
        for round in 0..<25_000 {
            let bits = random.next()
            let value: Double =
                switch round % 4 {
                case 0: Double(bitPattern: bits)
                case 1: Double(bits >> 11) / 9007199254740992
                case 2: 1.7e12 + Double(bits % 1_000_000_000) / 1000
                default: Double(bitPattern: bits & (1 << 52 - 1) | UInt64(round % 2047) << 52)
                }
            guard value.isFinite else { continue }
            let text = Self.print(value)
            let sameBits = JSONNumber.parse(Array(text.utf8)) == value
            if !sameBits || Self.digits(text) != Self.digits(value.description) {
                failures.append(value)
            }
        }
        #expect(failures == [])
    }

    @Test("Powers of two, whose neighbours are uneven, print as the standard library does")
    func powersOfTwo() {
        for exponent in -1074...1023 {
            let value = Double(sign: .plus, exponent: exponent, significand: 1)
            for near in [value, value.nextUp, value.nextDown] where near > 0 {
                #expect(Self.digits(Self.print(near)) == Self.digits(near.description))
            }
        }
    }

    @Test("Random number texts parse as strtod does", arguments: 0..<4)
    func texts(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed) &+ 1000)
        var failures: [String] = []
        for round in 0..<30_000 {
            var text = random.next() % 2 == 0 ? "-" : ""
            if round % 3 == 0 {
                // Just beside the middle of two doubles, in all its digits.
                let bits = random.next() & (1 << 62 - 1) | 1 << 61
                let low = Double(bitPattern: bits)
                text += String(format: "%.*e", 25 + Int(random.next() % 800), low)
                if round % 2 == 0 { text = Self.middle(above: Double(bits >> 9), &random) }
            } else {
                let digits = 1 + Int(random.next() % 40)
                text += String(1 + random.next() % 9)
                for _ in 1..<max(digits, 2) { text += String(random.next() % 10) }
                text += "." + String(random.next() % 1000)
                text += "e" + String(Int(random.next() % 700) - 350)
            }
            if JSONNumber.parse(Array(text.utf8)).bitPattern != strtod(text, nil).bitPattern {
                failures.append(text)
            }
        }
        #expect(failures == [])
    }

    @Test("Integers have a fast way of their own, both ways")
    func integers() {
        for value in [0, 1, -1, 9, 10, 99, 100, 12345, Int64.max, .min, .max - 1, 9_999_999_999] {
            var output: [UInt8] = []
            JSONNumber.append(value, to: &output)
            #expect(String(decoding: output, as: UTF8.self) == String(value))
            let parsed = output.withUnsafeBufferPointer {
                JSONNumber.parseInteger($0, 0..<$0.count)
            }
            #expect(parsed == value)
        }
        for text in ["9223372036854775808", "-9223372036854775809", "1.0", "1e3", "-0", "", "-"] {
            let parsed = Array(text.utf8).withUnsafeBufferPointer {
                JSONNumber.parseInteger($0, 0..<$0.count)
            }
            #expect(parsed == nil)
        }
    }

    /// The significant digits without zeros around them, which do not depend on the layout.
    private static func digits(_ text: String) -> String {
        var digits = text.prefix { $0 != "e" }.filter { $0.isASCII && $0.isNumber }
        while digits.last == "0" { digits.removeLast() }
        return String(digits.drop { $0 == "0" })
    }

    /// A long text on, just below or just above the middle of two doubles.
    private static func middle(above low: Double, _ random: inout SplitMix64) -> String {
        let scaled = low / 1024
        let step = (scaled.nextUp - scaled) / 2
        let text = String(format: "%.200f", scaled)
        let half = String(format: "%.200f", step)
        // Decimal addition on the texts, since no double holds the middle.
        var sum: [Int] = []
        var carry = 0
        let (a, b) = (Array(text.utf8.reversed()), Array(half.utf8.reversed()))
        for index in a.indices {
            if a[index] == 0x2E {
                sum.append(-1)
                continue
            }
            let other = index < b.count ? Int(b[index]) - 48 : 0
            let digit = Int(a[index]) - 48 + other + carry
            sum.append(digit % 10)
            carry = digit / 10
        }
        if carry > 0 { sum.append(carry) }
        var result = sum.reversed().map { $0 < 0 ? "." : String($0) }.joined()
        switch random.next() % 3 {
        case 0: result += "1"
        case 1: result = String(result.dropLast(150)) + String(repeating: "0", count: 10)
        default: break
        }
        return result
    }
}

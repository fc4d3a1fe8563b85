// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttNIO

@Suite("PrimusString", .timeLimit(.minutes(20)))
struct PrimusStringTests {
    static func decode(_ json: String) -> String? {
        var string: [UInt8] = []
        let isString = Array(json.utf8).withUnsafeBytes { PrimusString.decode($0, into: &string) }
        return isString ? String(decoding: string, as: UTF8.self) : nil
    }

    @Test(
        "A JSON string is read",
        arguments: [
            (#""""#, ""), (#" "a\n" "#, "a\n"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u20aC\u2028é""#, "€\u{2028}é"), (#""\ud834\udd1e""#, "𝄞"),
            // Half a pair stays what it means inside the line.
            (#""\ud834x""#, #"\ud834x"#), (#""\udd1e\ud834""#, #"\udd1e\ud834"#),
            (#""\ud834\u0041""#, #"\ud834A"#), (#""\ud834\n""#, "\\ud834\n"),
        ])
    func strings(json: String, text: String) { #expect(Self.decode(json) == text) }

    @Test(
        "Anything else is not a string",
        arguments: [
            "", "\"", "5", "null", "{}", "[\"a\"]", "a", "\"a\" \"b\"", "\"a\"b\"", "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"\\\\\\\"", "'a'", "\"a",
        ])
    func others(json: String) { #expect(Self.decode(json) == nil) }

    @Test("A line is written as JSON.stringify and Primus write it")
    func writing() {
        let line = "[{\"p\":\"€\u{2028}\u{2029}\\n/\"},\u{1}\u{8}\u{1F}\u{7F}]"
        let buffer = PrimusString.encode(OutboundLines(lines: [Array(line.utf8)]), masked: false)
        let expected = #""[{\"p\":\"€\u2028\u2029\\n/\"},\u0001\b\u001f"# + "\u{7F}" + #"]\n""#
        #expect(Array(buffer.readableBytesView) == WebSocketDecoderTests.frame(0x81, expected))
    }

    @Test("Any text survives encoding and decoding", arguments: UInt64(0)..<100)
    func roundTrip(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet: [Unicode.Scalar] = [
            "\"", "\\", "\n", "\u{1}", "a", "é", "€", "\u{2028}", "\u{2029}", "\u{202A}", "𝄞", "/",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<300, using: &random) {
            text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
        }
        let bytes = Array(String(text).utf8)
        let buffer = PrimusString.encode(
            OutboundLines(bytes: bytes + [0x0A], ends: [bytes.count + 1]), masked: false)
        let said = WebSocketDecoderTests.decode(Array(buffer.readableBytesView), bound: 10_000)
        #expect(said.count == 1)
        #expect(Self.decode(String(said[0].dropFirst(2))) == String(text) + "\n")
    }
}

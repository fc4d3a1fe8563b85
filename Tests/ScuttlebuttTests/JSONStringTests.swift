// SPDX-License-Identifier: MIT

import Testing

@testable import Scuttlebutt

@Suite(.timeLimit(.minutes(20))) struct JSONStringTests {
    static func decode(_ literal: String) -> (text: [UInt8], hasLone: Bool)? {
        let bytes = Array(literal.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            var output: [UInt8] = []
            guard let found = try? JSONString.decode(buffer, at: 0, into: &output) else {
                return nil
            }
            return (output, found.hasLoneSurrogate)
        }
    }

    @Test(
        "A literal decodes to its text",
        arguments: [
            ("\"\"", ""), ("\"abc\"", "abc"), (#""a\nb\t\"\\\/\b\f\r""#, "a\nb\t\"\\/\u{8}\u{C}\r"),
            (#""\u00e9\u4E2D\ud83d\ude00""#, "é中😀"), (#""\u0000""#, "\0"),
            ("\"0123456789 and a long plain text\"", "0123456789 and a long plain text"),
            ("\"é😀\"", "é😀"), (#""12345678\n12345678""#, "12345678\n12345678"),
        ])
    func decodes(literal: String, text: String) {
        let found = Self.decode(literal)
        #expect(found?.text == Array(text.utf8))
        #expect(found?.hasLone == false)
    }

    @Test(
        "Half a surrogate pair is reported and replaced",
        arguments: [
            (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"),
            (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud800\u0041""#, "\u{FFFD}A"),
        ])
    func loneSurrogates(literal: String, text: String) {
        let found = Self.decode(literal)
        #expect(found?.text == Array(text.utf8))
        #expect(found?.hasLone == true)
    }

    @Test(
        "Text encodes as JSON.stringify prints it",
        arguments: [
            ("", "\"\""), ("a/b", "\"a/b\""), ("\"\\", #""\"\\""#),
            ("\u{8}\t\n\u{C}\r\u{0}\u{1f}\u{7f}", "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\""),
            ("é😀\u{2028}\u{2029}", "\"é😀\u{2028}\u{2029}\""),
            ("12345678\n1234567890", #""12345678\n1234567890""#),
        ])
    func encodes(text: String, literal: String) {
        var output: [UInt8] = []
        JSONString.encode(Array(text.utf8), into: &output)
        #expect(String(decoding: output, as: UTF8.self) == literal)
        #expect(Self.decode(literal)?.text == Array(text.utf8))
    }

    @Test("A frame escapes the two line separators as well")
    func frames() {
        var output: [UInt8] = []
        JSONString.encodeForFrame(Array("[\"a\u{2028}b\u{2029}\u{2027}\"]\n".utf8), into: &output)
        #expect(
            String(decoding: output, as: UTF8.self) == #""[\"a\u2028b\u2029\#u{2027}\"]\n""#)
    }
}

// SPDX-License-Identifier: MIT

import Testing

@testable import Scuttlebutt

@Suite(.timeLimit(.minutes(20))) struct JSONScannerTests {
    static func code(_ bytes: [UInt8], bounds: JSONBounds = JSONBounds()) -> JSONError.Code? {
        bytes.withUnsafeBufferPointer { buffer -> JSONError.Code? in
            do throws(JSONError) {
                try JSONScanner(buffer, bounds: bounds).validate()
                return nil
            } catch {
                return error.code
            }
        }
    }

    @Test(
        "Everything that RFC 8259 allows is taken",
        arguments: [
            "0", "-0", "-0.0", "10", "1e5", "1E+5", "1e-5", "1.5e3", "\"\"", "\"a\"", "true",
            "false", "null", "[]", "{}", " [ ] ", " { } ", "[1,2]", "[ 1 , [ ] , { } ]",
            "{\"a\":1}", "{ \"a\" : [ { \"b\" : null } ] , \"a\":2}", "\"\\ud800\"",
            "\"\\u0000\\b\\f\\n\\r\\t\\/\\\\\\\"\"", "\"é😀\u{2028}\u{7F}\"", "\t\r\n1\n",
            "[1,{\"type\":\"A long plain string without anything in it\"}]", "1e999",
        ])
    func takes(text: String) {
        #expect(Self.code(Array(text.utf8)) == nil)
    }

    @Test(
        "Everything else is refused with its reason",
        arguments: [
            ("", JSONError.Code.unexpectedEnd), (" ", .unexpectedEnd), ("[", .unexpectedEnd),
            ("{", .unexpectedEnd), ("[1", .unexpectedEnd), ("{\"a\"", .unexpectedEnd),
            ("{\"a\":", .unexpectedEnd), ("{\"a\":1", .unexpectedEnd), ("\"a", .unexpectedEnd),
            ("\"\\", .unexpectedEnd), ("\"\\u12", .unexpectedEnd), ("-", .unexpectedEnd),
            ("1.", .unexpectedEnd), ("1e", .unexpectedEnd), ("01", .invalidNumber),
            ("-01", .invalidNumber), ("1.x", .invalidNumber), ("1ex", .invalidNumber),
            ("-x", .invalidNumber), ("+1", .unexpectedByte), (".5", .unexpectedByte),
            ("NaN", .unexpectedByte), ("tru", .invalidLiteral), ("nulx", .invalidLiteral),
            ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte),
            ("{a:1}", .unexpectedByte), ("{1:1}", .unexpectedByte), ("[1}", .unexpectedByte),
            ("{\"a\":1]", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte),
            ("1 1", .unexpectedByte),
            ("]", .unexpectedByte), ("[1 2]", .unexpectedByte), ("\"\\x\"", .invalidEscape),
            ("\"\\u12g4\"", .invalidEscape), ("\"a\nb\"", .controlCharacter),
            ("\"12345678\u{0}12345678\"", .controlCharacter), ("\u{FEFF}1", .unexpectedByte),
            ("'a'", .unexpectedByte), ("[]]", .unexpectedByte), ("/**/1", .unexpectedByte),
        ])
    func refuses(text: String, reason: JSONError.Code) {
        #expect(Self.code(Array(text.utf8)) == reason)
    }

    @Test(
        "Strings that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func refusesBadUTF8(inner: [UInt8]) {
        for padding in 0..<9 {
            let bytes = [0x22] + Array(repeating: 0x61, count: padding) + inner + [0x22]
            #expect(Self.code(bytes) == .invalidUTF8)
        }
    }

    @Test("The first and last scalars of each UTF-8 length are taken")
    func takesEdgesOfUTF8() {
        for scalar in [0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] {
            let text = "\"\(Unicode.Scalar(UInt32(scalar)).map(String.init) ?? "")\""
            #expect(Self.code(Array(text.utf8)) == nil)
        }
    }

    @Test("A value beyond a bound is refused, and its end is still found")
    func bounds() throws {
        func extent(_ text: String, _ bounds: JSONBounds) throws -> JSONScanner.Extent {
            try Array(text.utf8).withUnsafeBufferPointer {
                try JSONScanner($0, bounds: bounds).measureValue(at: 0)
            }
        }
        let deep = String(repeating: "[", count: 257) + String(repeating: "]", count: 257)
        #expect(try extent(deep + ",1", JSONBounds()) == .init(deep, .tooDeep, at: 256))
        let edge = String(deep.dropFirst().dropLast())
        #expect(try extent(edge, JSONBounds()).excess == nil)
        let objects = String(repeating: "{\"a\":", count: 3) + "1}}}"
        #expect(try extent(objects, JSONBounds(depth: 2)) == .init(objects, .tooDeep, at: 10))
        let long = "[\"abc\"]"
        let short = JSONBounds(stringByteCount: 2)
        #expect(try extent(long, short) == .init(long, .stringTooLong, at: 1))
        #expect(Self.code(Array("{\"abc\":1}".utf8), bounds: short) == .stringTooLong)
        let many = "[1,2,{\"a\":1}]"
        #expect(try extent(many, JSONBounds(elementCount: 4)).excess == nil)
        #expect(try extent(many, JSONBounds(elementCount: 3)).excess?.code == .tooManyElements)
    }

    @Test("A hundred thousand open brackets neither recurse nor trap")
    func depth() throws {
        let count = 100_000
        var bytes: [UInt8] = []
        for index in 0..<count { bytes += index % 2 == 0 ? Array("[".utf8) : Array("{\"a\":".utf8) }
        #expect(Self.code(bytes) == .unexpectedEnd)
        bytes += Array("1".utf8)
        for index in (0..<count).reversed() { bytes.append(index % 2 == 0 ? 0x5D : 0x7D) }
        #expect(Self.code(bytes) == .tooDeep)
        #expect(Self.code(bytes, bounds: JSONBounds(depth: count)) == nil)
        bytes[bytes.count - 70] ^= 0x5D ^ 0x7D
        #expect(Self.code(bytes) == .unexpectedByte)
    }

    @Test("Members of an object come in order, with their ranges")
    func members() {
        let text = #" { "a" : 1 , "b\"":[1,{"c":"}"}],"\u0061":"x" } "#
        let bytes = Array(text.utf8)
        var found: [String] = []
        bytes.withUnsafeBufferPointer { buffer in
            var members = JSONMembers(buffer)
            while let member = members?.next() {
                found.append(String(decoding: buffer[member.key], as: UTF8.self))
                found.append(String(decoding: buffer[member.value], as: UTF8.self))
            }
        }
        #expect(found == ["\"a\"", "1", #""b\"""#, #"[1,{"c":"}"}]"#, #""\u0061""#, "\"x\""])
    }
}

extension JSONScanner.Extent {
    fileprivate init(_ text: String, _ code: JSONError.Code, at offset: Int) {
        self.init(end: text.utf8.count, excess: JSONError(code, at: offset))
    }
}

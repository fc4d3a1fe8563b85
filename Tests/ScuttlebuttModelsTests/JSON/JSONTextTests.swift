// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import Testing

@Suite("JSONText", .timeLimit(.minutes(20)))
struct JSONTextTests {
    @Test(
        "A value is printed as JSON.stringify prints what JSON.parse made of it",
        arguments: [
            (" 1.0 ", "1"), ("1E5", "100000"), ("-0", "0"), ("0.1e-7", "1e-8"), ("1e999", "null"),
            ("12345678901234567890", "12345678901234567000"), ("\"\\u0041\\/\"", "\"A/\""),
            ("{\"b\":1,\"a\":2,\"1\":0}", "{\"1\":0,\"b\":1,\"a\":2}"),
            ("{\"a\":1, \"b\":2,\"a\":[ ]}", "{\"a\":[],\"b\":2}"),
            (
                "{\"\\ud800\":1,\"\\uD801\":\"\\udfff!\"}",
                "{\"\\ud800\":1,\"\\ud801\":\"\\udfff!\"}"
            ),
            ("[ true , null,{ } ]", "[true,null,{}]"),
        ])
    func stringifying(text: String, expected: String) throws {
        let value = try JSONText(stringifying: Array(text.utf8))
        #expect(String(decoding: value.bytes, as: UTF8.self) == expected)
        #expect(try JSONText(stringifying: value.bytes) == value)
    }

    @Test("What is no JSON, or too deep, is refused", arguments: ["", "{", "[1,]", "nul"])
    func refusing(text: String) {
        #expect(throws: JSONError.self) { try JSONText(stringifying: Array(text.utf8)) }
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: JSONError.self) { try JSONText(stringifying: Array(deep.utf8)) }
    }

    @Test("Two keys that JavaScript thinks different stay different in a value")
    func keepsKeys() throws {
        let text = try JSONText(stringifying: Array("{\"\\ud800\":1,\"\\ud801\":2}".utf8))
        var model = ReplicatedModel<JSONText>()
        let payload = try model.makeSet("k", to: text)
        model.apply(update("A", 1, payload))
        #expect(model.rawValue(of: "k") == text.bytes)
        #expect(model["k"] == text)
    }
}

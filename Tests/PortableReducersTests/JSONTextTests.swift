// SPDX-License-Identifier: MIT

import PortableReducers
import Testing

@Suite("Values that reducers read from JSON", .timeLimit(.minutes(5)))
struct JSONTextTests {
    private func value(_ json: String) -> JSONText { JSONText(Array(json.utf8)) }

    @Test("A value of another kind reads as nil")
    func kinds() {
        for json in ["null", "true", "5", "\"5\"", "[5]", "{\"a\":5}"] {
            let value = value(json)
            #expect(value.isNull == (json == "null"))
            #expect((value.bool != nil) == (json == "true"))
            #expect((value.double != nil) == (json == "5"))
            #expect((value.text != nil) == (json == "\"5\""))
            #expect(value.elements.count == (json == "[5]" ? 1 : 0))
            #expect((value["a"] != nil) == json.hasPrefix("{"))
        }
    }

    @Test(
        "Integers are JavaScript's: 3, 3.0 and 3e0 are one number, and none has more than 53 bits")
    func integers() {
        for json in ["3", "3.0", "3e0", "0.3e1", "30e-1"] { #expect(value(json).integer == 3) }
        #expect(value("-0").integer == 0)
        #expect(value("9007199254740991").integer == 9_007_199_254_740_991)
        for json in ["3.5", "1e999", "-1e999", "9007199254740992", "1e300", "\"3\"", "null"] {
            #expect(value(json).integer == nil, "\(json)")
        }
        #expect(value("29").integer(in: 0..<30) == 29)
        #expect(value("30").integer(in: 0..<30) == nil)
        #expect(value("-1").integer(in: 0..<30) == nil)
        #expect(value("1e999").double == .infinity)
    }

    @Test("The last of equal keys counts, and keys are compared after unescaping")
    func keys() {
        #expect(value(#"{"x":1,"x":2}"#)["x"]?.integer == 2)
        #expect(value(#"{"\u0078":3, "y" : {"x":4}}"#)["x"]?.integer == 3)
        #expect(value(#"{"y":{"x":4}}"#)["y"]?["x"]?.integer == 4)
        #expect(value(#"{"y":1}"#)["x"] == nil)
        let members = value(#"{"b":1,"a":[2,3]}"#).members
        #expect(members.map(\.key) == ["b", "a"])
        #expect(members.last?.value.elements.compactMap(\.integer) == [2, 3])
    }

    @Test("Strings are compared with literals in a switch")
    func literals() {
        func name(_ json: String) -> Int {
            switch value(json) {
            case "ONE": 1
            case "TWO": 2
            default: 0
            }
        }
        #expect(
            ["\"ONE\"", "\"\\u0054WO\"", "\"THREE\"", "ONE", "1"].map(name) == [1, 2, 0, 0, 0])
    }

    @Test("A text keeps what Swift's strings would lose, and is printed as JavaScript prints it")
    func texts() throws {
        for json in [
            #""é""#, "\"e\u{301}\"", #""a\"b\\\n""#, "\"\u{2028}😀\"", #""\ud83d""#,
            #""x\udc00y\ud83dz""#, #""\ud83d\ud83d""#, #""""#,
        ] {
            let text = try #require(value(json).text)
            #expect(String(decoding: text.jsonBytes, as: UTF8.self) == json)
            #expect(text == value(json).text)
        }
        #expect(value(#""\ud83d\ude00""#).text == "😀")
        #expect(value(#""\ud83d""#).text?.string == "\u{FFFD}")
        #expect(PortableText("é") != PortableText("e\u{301}"))
    }

    @Test("Texts are ordered by UTF-16 code units")
    func order() {
        let texts: [PortableText] = [
            "", "a", "aa", "b", "é", "\u{D7FF}", "😀", "\u{E000}", "\u{FFFD}",
        ]
        for (place, left) in texts.enumerated() {
            for (other, right) in texts.enumerated() { #expect((left < right) == (place < other)) }
        }
    }

    @Test("No bytes make reading trap", arguments: 0..<200 as Range<UInt64>)
    func hostile(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array(#"{}[]",:\u0d8 -9e+.tfn"#.utf8) + [0, 0xED, 0xA0, 0xFF]
        for _ in 0..<200 {
            let bytes = (0..<next(24)).map { _ in alphabet[next(alphabet.count)] }
            let value = JSONText(bytes)
            _ = (value.isNull, value.bool, value.double, value.integer, value.text, value["u"])
            _ = (value.elements.map(\.text), value.members.map(\.value.integer))
            if let action = ActionText(bytes) { _ = (action.type.text, action.payload?.integer) }
            if let view = ViewRequest(bytes) { _ = (view.window(of: 10), view.name.text) }
        }
    }
}

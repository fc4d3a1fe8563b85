// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttCoding
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct JSONCodingTests {
    struct Everything: Codable, Equatable {
        var bool = true
        var int = Int.min
        var int8 = Int8.min
        var int16 = Int16.max
        var int32 = Int32.min
        var int64 = Int64.max
        var uint = UInt.max
        var uint8 = UInt8.max
        var uint16 = UInt16.max
        var uint32 = UInt32.max
        var uint64 = UInt64.max
        var double = 1795234529926.001
        var float: Float = 0.1
        var string = "é\u{0}\"😀"
        var some: Int? = 3
        var none: Int?
        var array: [[Double?]] = [[], [1.5, nil]]
        var dictionary = ["b": [1], "a": [], "\u{FFFD}": [2], "😀": [3]]
        var numbered = [10: true, 9: false]
        var nested: [Inner] = [.none, .leaf(1)]
        var enumeration = Sample.both(1, "x")
    }

    static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoding().encode(value), as: UTF8.self)
    }

    static func decode<T: Decodable>(_ text: String, _ type: T.Type = T.self) throws -> T {
        try JSONDecoding().decode(type, from: Array(text.utf8))
    }

    @Test("Every kind of value survives, here and through Foundation")
    func everything() throws {
        let value = Everything()
        let text = try Self.encode(value)
        #expect(try Self.decode(text) == value)
        #expect(try JSONDecoder().decode(Everything.self, from: Data(text.utf8)) == value)
        let theirs = try JSONEncoder().encode(value)
        #expect(try JSONDecoding().decode(Everything.self, from: Array(theirs)) == value)
        #expect(text.contains(#""float":0.1,"#))
        #expect(text.contains("\"dictionary\":{\"a\":[],\"b\":[1],\"😀\":[3],\"\u{FFFD}\":[2]}"))
        #expect(text.contains(#""numbered":{"9":false,"10":true}"#))
        #expect(text.contains(#""enumeration":{"both":{"_0":1,"_1":"x"}}"#))
    }

    @Test("Single values stand at the top")
    func top() throws {
        #expect(try Self.encode(5) == "5")
        #expect(try Self.encode("a") == "\"a\"")
        #expect(try Self.encode(Int?.none) == "null")
        #expect(try Self.encode([Int]()) == "[]")
        #expect(try Self.encode([String: Int]()) == "{}")
        #expect(try Self.decode(" 5 ", Int.self) == 5)
        #expect(try Self.decode("null", Int?.self) == nil)
        #expect(try Self.decode("[1,[2]]", JSONValue.self) == [1, [2]])
    }

    /// A key that says itself how it is written.
    private enum Name: String, Codable, CodingKeyRepresentable {
        case zebra, ape, bear, cat, dog
    }

    @Test("Dictionaries with other keys have one text, empty ones too, and are read back")
    func otherKeys() throws {
        #expect(try Self.encode([UInt8: Int]()) == "[]")
        #expect(try Self.decode("[]", [UInt8: Int].self).isEmpty)
        #expect(try Self.encode([Bool: [UInt8: Int]]()) == "[]")
        #expect(try Self.encode([Name: Int]()) == "{}")
        let numbers: [UInt8: Int] = [7: 1, 3: 2, 200: 3, 5: 4, 30: 5]
        #expect(try Self.encode(numbers) == "[200,3,3,2,30,5,5,4,7,1]")
        #expect(try Self.decode(try Self.encode(numbers)) == numbers)
        let names: [Name: Int] = [.zebra: 1, .ape: 2, .bear: 3, .cat: 4, .dog: 5]
        #expect(try Self.encode(names) == #"{"ape":2,"bear":3,"cat":4,"dog":5,"zebra":1}"#)
        #expect(try Self.decode(try Self.encode(names)) == names)
    }

    @Test("Integers that do not fit are errors, integers in disguise are not")
    func integers() throws {
        #expect(throws: DecodingError.self) { try Self.decode("128", Int8.self) }
        #expect(throws: DecodingError.self) { try Self.decode("-1", UInt.self) }
        #expect(throws: DecodingError.self) { try Self.decode("1.5", Int.self) }
        #expect(throws: DecodingError.self) { try Self.decode("1e400", Int.self) }
        #expect(throws: DecodingError.self) { try Self.decode("18446744073709551616", UInt64.self) }
        #expect(throws: DecodingError.self) { try Self.decode("1e400", Double.self) }
        #expect(throws: DecodingError.self) { try Self.decode("1e39", Float.self) }
        #expect(try Self.decode("18446744073709551615", UInt64.self) == .max)
        #expect(try Self.decode("1e3", Int.self) == 1000)
        #expect(try Self.decode("-0", Int.self) == 0)
        #expect(try Self.decode("200.0", UInt8.self) == 200)
    }

    @Test("What is not finite cannot be encoded, and the error says where")
    func notFinite() throws {
        do {
            _ = try JSONEncoding().encode(["a": [1, .nan]])
            Issue.record("encoded")
        } catch let EncodingError.invalidValue(_, context) {
            #expect(context.codingPath.map(\.stringValue) == ["a", "Index 1"])
        }
        #expect(throws: EncodingError.self) { try JSONEncoding().encode(Float.infinity) }
    }

    @Test("A decoding error carries the path to the culprit")
    func paths() throws {
        do {
            _ = try Self.decode(
                #"{"a":[{"b":1},{"b\n":2,"b":"x"}]}"#, [String: [[String: Int]]].self)
            Issue.record("decoded")
        } catch let error as DecodingError {
            #expect(error.path == ["a", "Index 1", "b"])
        }
        do {
            _ = try Self.decode(#"[[1],[2,3],[]]"#, [Pair].self)
            Issue.record("decoded")
        } catch let error as DecodingError {
            #expect(error.path == ["Index 0", "Index 1"])
        }
    }

    struct Pair: Decodable {
        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            _ = try container.decode(Int.self)
            _ = try container.decode(Int.self)
        }
    }

    class Base: Codable {
        var a = 1
    }

    class Derived: Base {
        var b = 2
        private enum Keys: String, CodingKey { case b, later, list, extra }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            b = try container.decode(Int.self, forKey: .b)
            var list = try container.nestedUnkeyedContainer(forKey: .list)
            var numbers: [Int] = []
            while !list.isAtEnd { numbers.append(try list.decode(Int.self)) }
            let later = try container.nestedContainer(keyedBy: Keys.self, forKey: .later)
            let extra = try container.superDecoder(forKey: .extra)
            #expect(try [Int](from: extra) == [8])
            #expect(numbers == [7, 9])
            #expect(try later.decode(Int.self, forKey: .b) == 6)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            var later = container.nestedContainer(keyedBy: Keys.self, forKey: .later)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            try list.encode(7)
            let parent = container.superEncoder()
            let extra = container.superEncoder(forKey: .extra)
            try container.encode(b, forKey: .b)
            // Out of order from here on: everything has its place all the same.
            try super.encode(to: parent)
            try later.encode(6, forKey: .b)
            try list.encode(9)
            try [8].encode(to: extra)
            var again = encoder.container(keyedBy: Keys.self)
            var deep = later.nestedContainer(keyedBy: Keys.self, forKey: .later)
            try again.encode(true, forKey: .later)
            try deep.encode("x", forKey: .b)
        }
    }

    @Test("Containers may be filled in any order")
    func outOfOrder() throws {
        let bytes = try JSONEncoding().encode([Derived()])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            text
                == #"[{"later":{"b":6,"later":{"b":"x"}},"list":[7,9],"super":{"a":1},"#
                + #""extra":[8],"b":2,"later":true}]"#)
        let kept = text.replacingOccurrences(of: #","later":true"#, with: "")
        _ = try Self.decode(kept, [Derived].self)
    }

    @Test("Keys that normalise to the same text stay two keys")
    func normalisation() throws {
        let value = try JSONValue(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        #expect(value["\u{E9}"]?.integer == 1)
        #expect(value["e\u{301}"]?.integer == 2)
    }

    @Test("Large objects keep the last of equal keys")
    func largeObjects() throws {
        var text = "{\"k5\":0"
        for index in 0..<2000 { text += ",\"k\(index)\":\(index)" }
        text += ",\"k7\":-7}"
        let found = try Self.decode(text, [String: Int].self)
        #expect(found.count == 2000)
        #expect(found["k5"] == 5)
        #expect(found["k7"] == -7)
    }

    @Test("A JSON value keeps digits and order, and means what it says")
    func values() throws {
        let text = #"{"b":1.50,"a":[12345678901234567890123,true,null,"\n"],"c":{}}"#
        var value = try JSONValue(Array(text.utf8))
        #expect(String(decoding: value.bytes, as: UTF8.self) == text)
        #expect(try JSONEncoding().encode(value) == Array(text.utf8))
        #expect(value["a"]?[1]?.bool == true)
        #expect(value["a"]?[3]?.string == "\n")
        #expect(value["a"]?[4] == nil)
        #expect(value["b"]?.double == 1.5)
        #expect(value == ["a": [1.2345678901234568e22, true, nil, "\n"], "c": [:], "b": 1.5])
        if case .object(var object) = value {
            object["b"] = nil
            object["d"] = "x"
            object["c"] = 3
            value = .object(object)
        }
        #expect(
            String(decoding: value.bytes, as: UTF8.self)
                == #"{"a":[12345678901234567890123,true,null,"\n"],"c":3,"d":"x"}"#)
        let data = try JSONEncoder().encode(JSONValue.array([1, "x", nil, 2.5]))
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == [1, "x", nil, 2.5])
    }

    enum TextOrNumber: Codable, Equatable {
        case text(String), number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    @Test("A hundred thousand swallowed errors cost no time in the square of the length")
    func swallowedErrors() throws {
        let text = "[" + repeatElement("\"x\"", count: 100_000).joined(separator: ",") + "]"
        #expect(try Self.decode(text, [TextOrNumber].self).count == 100_000)
    }

    @Test("Documents with bytes changed at random never trap", arguments: 0..<10)
    func mutated(seed: Int) throws {
        let sample = try JSONEncoding().encode(Everything())
        var random = SplitMix64(seed: UInt64(seed))
        let alphabet = Array(#"{}[]:,"\u0_1d8a-e.tn "#.utf8) + [0x80, 0xC3, 0xFF, 0x00]
        for _ in 0..<500 {
            var bytes = sample
            for _ in 0...random.next() % 2 {
                let place = Int(random.next() % UInt64(bytes.count))
                bytes[place] = alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            if let value = try? JSONDecoding().decode(Everything.self, from: bytes) {
                #expect(try JSONDecoding().decode(from: JSONEncoding().encode(value)) == value)
            }
            if let value = try? JSONValue(bytes) {
                #expect(try JSONValue(value.bytes) == value)
                #expect(JSONMeaning.areEqual(value.bytes, bytes))
            }
        }
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import TestSupport
import Testing

struct Point: Codable, Sendable, Equatable {
    var x: Int
    var y: Int
    var _0: String?
}

indirect enum Inner: Codable, Sendable, Equatable {
    case leaf(Int)
    case pair(Inner, Inner)
    case none
}

enum Sample: GossipAction, Equatable {
    case increment
    case add(by: Int)
    case say(String)
    case place(Point)
    case maybe(Int?)
    case both(Int, String)
    case mixed(Point, at: Double)
    case optional(a: Int?, b: Bool?)
    case tree(Inner)
    case list([Int])
    case json(JSONValue)

    enum CodingKeys: String, CodingKey {
        case increment = "INCREMENT"
        case add, say, place, maybe, both, mixed, optional, tree, list, json
    }
}

/// The golden file: names and bytes that peers already hold.
///
/// Lines may be added, never changed.
let golden: [(action: Sample, text: String)] = [
    (.increment, #"{"type":"INCREMENT"}"#),
    (.add(by: 3), #"{"type":"add","payload":{"by":3}}"#),
    (.say("hello \"world\"\n"), #"{"type":"say","payload":"hello \"world\"\n"}"#),
    (.place(Point(x: 1, y: -2)), #"{"type":"place","payload":{"x":1,"y":-2}}"#),
    (.place(Point(x: 1, y: 2, _0: "z")), #"{"type":"place","payload":{"x":1,"y":2,"_0":"z"}}"#),
    (.maybe(5), #"{"type":"maybe","payload":5}"#),
    (.maybe(nil), #"{"type":"maybe"}"#),
    (.both(1, "b"), #"{"type":"both","payload":{"_0":1,"_1":"b"}}"#),
    (
        .mixed(Point(x: 1, y: 2), at: 0.5),
        #"{"type":"mixed","payload":{"_0":{"x":1,"y":2},"at":0.5}}"#
    ),
    (.optional(a: nil, b: true), #"{"type":"optional","payload":{"b":true}}"#),
    (.optional(a: nil, b: nil), #"{"type":"optional"}"#),
    (
        .tree(.pair(.leaf(1), .none)),
        #"{"type":"tree","payload":{"pair":{"_0":{"leaf":{"_0":1}},"_1":{"none":{}}}}}"#
    ),
    (.list([1, 2, 3]), #"{"type":"list","payload":[1,2,3]}"#),
    (.list([]), #"{"type":"list","payload":[]}"#),
    (.json(["b": 1, "a": [nil, 2.5]]), #"{"type":"json","payload":{"b":1,"a":[null,2.5]}}"#),
]

@Suite(.timeLimit(.minutes(20))) struct ActionCodecTests {
    let codec = ActionCodec<Sample>.flat

    @Test("Every golden action keeps its bytes, and its bytes keep their meaning")
    func goldenFile() throws {
        for (action, text) in golden {
            #expect(String(decoding: try codec.encode(action), as: UTF8.self) == text)
            #expect(try codec.decode(Array(text.utf8)) == action)
        }
    }

    @Test(
        "Members come in any order, others are ignored, the last of equal keys counts",
        arguments: [
            (#"{"payload":{"by":3},"type":"add"}"#, Sample.add(by: 3)),
            (
                #" { "meta" : {} , "type" : "add" , "n":[1] , "payload" : { "x":1,"by" : 3.0 } } "#,
                .add(by: 3)
            ),
            (#"{"type":"say","type":"add","payload":0,"payload":{"by":1,"by":3}}"#, .add(by: 3)),
            (#"{"t\u0079pe":"\u0061dd","payl\u006fad":{"\u0062y":3}}"#, .add(by: 3)),
            (#"{"type":"INCREMENT","payload":17}"#, .increment),
            (#"{"type":"maybe","payload":null}"#, .maybe(nil)),
            (#"{"type":"optional","payload":{"a":null,"b":null}}"#, .optional(a: nil, b: nil)),
            (#"{"type":"say","payload":"\ud800"}"#, .say("\u{FFFD}")),
        ])
    func reading(text: String, action: Sample) throws {
        #expect(try codec.decode(Array(text.utf8)) == action)
    }

    @Test("G13: an unknown type is no error", arguments: ["decrement", "increment", "Add", "@x"])
    func unknown(type: String) throws {
        #expect(try codec.decode(Array(#"{"type":"\#(type)","payload":1}"#.utf8)) == nil)
    }

    @Test(
        "A known type whose contents do not fit is an error with its path",
        arguments: [
            (#"{"type":"add"}"#, []), (#"{"type":"add","payload":3}"#, ["payload"]),
            (#"{"type":"add","payload":{}}"#, ["payload"]),
            (#"{"type":"add","payload":{"by":"3"}}"#, ["payload", "by"]),
            (#"{"type":"add","payload":{"by":1.5}}"#, ["payload", "by"]),
            (#"{"type":"add","payload":{"by":9223372036854775808}}"#, ["payload", "by"]),
            (#"{"type":"add","payload":{"by":null}}"#, ["payload", "by"]),
            (#"{"type":"say","payload":{"_0":"x"}}"#, ["payload"]), (#"{"type":"say"}"#, []),
            (#"{"type":"list","payload":[1,2,"x"]}"#, ["payload", "Index 2"]),
            (
                #"{"type":"tree","payload":{"pair":{"_0":{"none":{}},"_1":{"leaf":{"_0":true}}}}}"#,
                ["payload", "pair", "_1", "leaf", "_0"]
            ), (#"{"payload":1}"#, []), (#"{"type":5}"#, []), ("[]", []), ("5", []), ("{", []),
        ] as [(String, [String])])
    func malformed(text: String, path: [String]) throws {
        do {
            let action = try codec.decode(Array(text.utf8))
            Issue.record("decoded \(String(describing: action))")
        } catch let error as DecodingError {
            #expect(error.path == path)
        }
    }

    struct Own: Codable, Sendable, Equatable {
        var n: Int
        var type: String
    }

    struct Untyped: Codable, Sendable { var n: Int }

    enum Raw: String, Codable, Sendable, Equatable {
        case increment = "INCREMENT"
        case decrement = "DECREMENT"
    }

    @Test("A type that writes its own type is left as it is")
    func ownForm() throws {
        let codec = ActionCodec<Own>.flat
        let text = #"{"n":1,"type":"OWN"}"#
        #expect(try codec.encode(Own(n: 1, type: "OWN")) == Array(text.utf8))
        #expect(try codec.decode(Array(text.utf8)) == Own(n: 1, type: "OWN"))
        #expect(throws: EncodingError.self) {
            try ActionCodec<Untyped>.flat.encode(Untyped(n: 1))
        }
        #expect(throws: EncodingError.self) { try codec.encode(Own(n: 1, type: "")) }
        #expect(throws: EncodingError.self) { try ActionCodec<Int>.flat.encode(1) }
        let json: JSONValue = ["type": "A", "n": 1]
        #expect(try ActionCodec<JSONValue>.flat.decode(json.bytes) == json)
        #expect(try ActionCodec<JSONValue>.flat.encode(json) == json.bytes)
    }

    @Test("An enumeration of raw strings is a type alone")
    func rawValues() throws {
        let codec = ActionCodec<Raw>.flat
        let text = Array(#"{"type":"DECREMENT"}"#.utf8)
        #expect(try codec.encode(.decrement) == text)
        #expect(try codec.decode(text) == .decrement)
        #expect(try codec.decode(Array(#"{"type":"OTHER"}"#.utf8)) == nil)
        #expect(throws: DecodingError.self) { try codec.decode(Array("{}".utf8)) }
    }

    struct Written: Codable, Sendable, Equatable {
        var inner: Sample

        init(inner: Sample) { self.inner = inner }
        init(from decoder: any Decoder) throws { inner = try Sample(from: decoder) }
        func encode(to encoder: any Encoder) throws { try inner.encode(to: encoder) }
    }

    struct Boxed: Codable, Sendable, Equatable {
        var inner: Sample

        init(inner: Sample) { self.inner = inner }
        init(from decoder: any Decoder) throws {
            inner = try decoder.singleValueContainer().decode(Sample.self)
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(inner)
        }
    }

    struct HandWritten: Codable, Sendable {
        init(from decoder: any Decoder) throws { throw UnknownActionTypeError("later") }
        func encode(to encoder: any Encoder) throws {}
    }

    /// Writes a case and something beside it.
    struct Stray: Codable, Sendable {
        init() {}
        init(from decoder: any Decoder) throws {}
        func encode(to encoder: any Encoder) throws {
            try Sample.both(1, "x").encode(to: encoder)
            var container = encoder.container(keyedBy: Sample.CodingKeys.self)
            try container.encode(1, forKey: .add)
            try Sample.say("x").encode(to: encoder)
        }
    }

    @Test("A wrapper is written as what it wraps")
    func wrappers() throws {
        for (action, text) in golden {
            let bytes = Array(text.utf8)
            #expect(try ActionCodec<Written>.flat.encode(Written(inner: action)) == bytes)
            #expect(try ActionCodec<Written>.flat.decode(bytes) == Written(inner: action))
            #expect(try ActionCodec<Boxed>.flat.encode(Boxed(inner: action)) == bytes)
            #expect(try ActionCodec<Boxed>.flat.decode(bytes) == Boxed(inner: action))
        }
        let later = Array(#"{"type":"later"}"#.utf8)
        #expect(try ActionCodec<Boxed>.flat.decode(later) == nil)
        #expect(try ActionCodec<HandWritten>.flat.decode(later) == nil)
        #expect(throws: EncodingError.self) {
            try ActionCodec<Stray>.flat.encode(Stray())
        }
        #expect(throws: EncodingError.self) {
            try ActionCodec<Sample>.flat.encode(.mixed(Point(x: 1, y: 2), at: .nan))
        }
    }

    @Test("A raw action is its bytes, once its shape is right")
    func raw() throws {
        let codec = ActionCodec<RawAction>.raw
        let text = Array(#" {"n":1.50,"type":"ANY"}"#.utf8)
        let action = try #require(try codec.decode(text))
        #expect(action.payload == text)
        #expect(action.type == "ANY")
        #expect(try codec.encode(action) == text)
        #expect(RawAction(payload: []).type == "")
        #expect(throws: ActionShape.ShapeError.typeMissing) { try codec.decode(Array("{}".utf8)) }
        #expect(throws: JSONError.self) { try codec.encode(RawAction(payload: [0x7B])) }
    }

    @Test("Samples cut at every byte are errors, never traps")
    func truncated() throws {
        for (_, text) in golden {
            let bytes = Array(text.utf8)
            for count in 0..<bytes.count {
                #expect(throws: DecodingError.self) { try codec.decode(Array(bytes[..<count])) }
            }
        }
    }

    @Test("Samples with bytes changed at random never trap", arguments: 0..<20)
    func mutated(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let alphabet = Array(#"{}[]:,"\u0_1d8a-e.tn "#.utf8) + [0x80, 0xC3, 0xFF, 0x00]
        for _ in 0..<1000 {
            var bytes = Array(golden[Int(random.next() % UInt64(golden.count))].text.utf8)
            for _ in 0...random.next() % 3 {
                let place = Int(random.next() % UInt64(bytes.count))
                let byte = alphabet[Int(random.next() % UInt64(alphabet.count))]
                switch random.next() % 3 {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            _ = try? codec.decode(bytes)
            _ = try? ActionCodec<JSONValue>.flat.decode(bytes)
            _ = try? ActionCodec<Raw>.flat.decode(bytes)
            _ = try? ActionCodec<Own>.flat.decode(bytes)
        }
    }

    @Test("Deep nesting is refused before anything recurses")
    func deep() {
        for pair in [("[", "]"), (#"{"a":"#, "}"), (#"{"pair":{"_0":"#, "}}")] {
            let text = String(repeating: pair.0, count: 100_000)
            for end in ["", "1" + String(repeating: pair.1, count: 100_000)] {
                let bytes = Array((#"{"type":"tree","payload":"# + text + end + "}").utf8)
                #expect(throws: DecodingError.self) { try codec.decode(bytes) }
                #expect(throws: DecodingError.self) { try JSONValue(bytes) }
            }
        }
    }
}

extension DecodingError {
    var path: [String] {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath.map(\.stringValue)
        @unknown default: ["?"]
        }
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct JSONMeaningTests {
    @Test(
        "Values that JavaScript cannot tell apart are equal",
        arguments: [
            ("1", "1.0"), ("100", "1e2"), ("0", "-0"), ("\"A\"", #""\u0041""#), ("[1, 2]", "[1,2]"),
            (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
            (#"{"a":{"x":[{"p":1,"q":2}]}}"#, #"{ "a" : {"x":[{"q":2.0,"p":1}]}}"#),
            (#""\ud83d\ude00""#, "\"😀\""), (#"{"\u0061":true}"#, #"{"a":true}"#),
            ("9007199254740993", "9007199254740992"), (#"{"":null}"#, #"{"":null}"#),
        ])
    func equal(a: String, b: String) {
        #expect(JSONMeaning.areEqual(Array(a.utf8), Array(b.utf8)))
        #expect(JSONMeaning.areEqualActions(Array(a.utf8), Array(b.utf8)))
    }

    @Test(
        "Values that JavaScript can tell apart are not equal",
        arguments: [
            ("1", "2"), ("1", "\"1\""), ("[1,2]", "[2,1]"), ("[]", "{}"), ("null", "false"),
            ("\"\u{E9}\"", "\"e\u{301}\""), (#""\ud800""#, #""\ud801""#), ("[[1],2]", "[[1,2]]"),
            (#""\ud800""#, "\"\u{FFFD}\""), (#"{"a":1}"#, #"{"a":1,"b":1}"#), ("[null]", "[]"),
            (#"{"a":1,"a":2}"#, #"{"a":1}"#), ("\"a\"", "\"a \""), ("[\"a\",\"b\"]", "[\"a\"]"),
        ])
    func different(a: String, b: String) {
        #expect(!JSONMeaning.areEqual(Array(a.utf8), Array(b.utf8)))
    }

    @Test("An action with an empty meta at its top equals one without, and only there")
    func emptyMeta() {
        func same(_ a: String, _ b: String) -> Bool {
            JSONMeaning.areEqualActions(Array(a.utf8), Array(b.utf8))
        }
        let plain = #"{"type":"A","n":1}"#
        #expect(same(plain, #"{"meta":{},"type":"A","n":1}"#))
        #expect(same(plain, #"{"type":"A","meta" : { } ,"n":1.0}"#))
        #expect(same(plain, #"{"type":"A","meta":{"x":1},"meta":{},"n":1}"#))
        #expect(!same(plain, #"{"meta":{"a":1},"type":"A","n":1}"#))
        #expect(!same(plain, #"{"meta":null,"type":"A","n":1}"#))
        #expect(!same(#"{"type":"A","p":{}}"#, #"{"type":"A","p":{"meta":{}}}"#))
        #expect(
            !JSONMeaning.areEqual(Array(plain.utf8), Array(#"{"meta":{},"type":"A","n":1}"#.utf8)))
    }

    @Test("Bytes that are no JSON compare without trapping", arguments: 0..<200)
    func garbage(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let alphabet = Array("{}[]:,\"\\u0d8a1-e.tnf \n\u{80}".utf8)
        let count = Int(random.next() % 60)
        let bytes = (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        #expect(JSONMeaning.areEqualActions(bytes, bytes + [0x20]) || true)
        _ = ActionShape.inspect(bytes)
    }
}

@Suite(.timeLimit(.minutes(20))) struct JSONActionShapeTests {
    @Test(
        "An object with a type is an action",
        arguments: [
            (#"{"type":"A"}"#, "A"), (#" { "n" : [1,{"type":5}] , "type" : "B" } "#, "B"),
            (#"{"type":5,"type":"A"}"#, "A"), (#"{"\u0074ype":"A"}"#, "A"),
            (#"{"type":"\u0041\n"}"#, "A\n"), (#"{"meta":{},"type":"A"}"#, "A"),
            (#"{"meta":null,"type":"A","meta":{"a":1}}"#, "A"), (#"{"type":"@x"}"#, "@x"),
        ])
    func actions(text: String, type: String) {
        #expect(ActionShape.inspect(Array(text.utf8)) == .action(type: Array(type.utf8)))
    }

    @Test(
        "Q16: what kills an original is refused with its reason",
        arguments: [
            ("null", ActionShape.ShapeError.notAnObject), ("5", .notAnObject), ("[]", .notAnObject),
            ("\"type\"", .notAnObject), ("{}", .typeMissing), (#"{"typ":"A"}"#, .typeMissing),
            (#"{"type":5}"#, .typeNotAString), (#"{"type":"A","type":null}"#, .typeNotAString),
            (#"{"type":""}"#, .typeEmpty), (#"{"type":"A","meta":null}"#, .metaNotAnObject),
            (#"{"type":"A","meta":[]}"#, .metaNotAnObject), (#"{"Type":"A"}"#, .typeMissing),
            (#"{"type":"A","m\u0065ta":"x"}"#, .metaNotAnObject),
            (#"{"type":{}}"#, .typeNotAString),
        ])
    func refusals(text: String, reason: ActionShape.ShapeError) {
        #expect(ActionShape.inspect(Array(text.utf8)) == .refused(reason))
    }

    @Test("A type that begins with @ stays local")
    func local() {
        #expect(ActionShape.isLocal(Array("@x".utf8)))
        #expect(ActionShape.isLocal(Array("@@x".utf8)))
        #expect(!ActionShape.isLocal(Array("x@".utf8)))
        #expect(!ActionShape.isLocal([]))
    }
}

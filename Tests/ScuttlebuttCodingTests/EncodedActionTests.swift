// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import TestSupport
import Testing

/// What is written without a check must be what the check would have let through.
@Suite(.timeLimit(.minutes(20))) struct EncodedActionTests {
    private let wire = ClassicWire(rules: .fork)

    private func text(_ action: EncodedAction) -> String {
        String(decoding: action.bytes, as: UTF8.self)
    }

    @Test func `an action without a payload has only its type`() throws {
        #expect(text(EncodedAction(type: "increment")) == #"{"type":"increment"}"#)
        #expect(text(EncodedAction(type: "a\"\n\u{1}é")) == #"{"type":"a\"\n\u0001é"}"#)
    }

    @Test func `members are written as JavaScript prints them`() throws {
        let action = EncodedAction(type: "add") {
            $0.write("by", -3)
            $0.write("rate", 0.5)
            $0.write("none", Double.nan)
            $0.write("wh\"o", "Zoë\\")
            $0.write("twice", true)
        }
        #expect(
            text(action)
                == #"{"type":"add","payload":{"by":-3,"rate":0.5,"none":null,"wh\"o":"Zoë\\","#
                + #""twice":true}}"#)
        #expect(text(EncodedAction(type: "none") { _ in }) == #"{"type":"none","payload":{}}"#)
    }

    @Test(arguments: ["", "@@INIT", "x", "\u{40}", "été"])
    func `a type is judged as the check judges it`(type: String) {
        for action in [
            EncodedAction(type: type), EncodedAction(type: type) { $0.write("a", 1) },
        ] {
            expectSameVerdict(action)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `what a typed action encodes is judged as the check judges it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let action = makeAction(&random)
        let encoded = try ActionCodec<Sample>.flat.write(action)
        expectSameVerdict(encoded)
        for depth in 1..<6 {
            expectSameVerdict(
                encoded,
                ClassicWire(
                    rules: .fork,
                    bounds: JSONBounds(
                        depth: depth, stringByteCount: 1 + random.below(20),
                        elementCount: 1 + random.below(8))))
        }
    }

    @Test func `an action that is nested too deeply or too long is refused`() throws {
        var tree = Inner.leaf(1)
        for _ in 0..<200 { tree = .pair(tree, .none) }
        let deep = try ActionCodec<Sample>.flat.write(.tree(tree))
        #expect(throws: ReplicaError.self) { try deep.checked(for: wire) }
        let long = EncodedAction(type: "say") {
            $0.write("text", String(repeating: "\"", count: 6_000_000))
        }
        #expect(throws: ReplicaError.self) { try long.checked(for: wire) }
    }

    @Test func `bytes that a program brings along are checked`() throws {
        for text in ["", "{", "[]", "{\"type\":\"\"}", "{\"type\":\n\"a\"}", "{\"type\":\"a\"}"] {
            expectSameVerdict(EncodedAction(unchecked: Array(text.utf8)))
        }
    }

    private func expectSameVerdict(
        _ action: EncodedAction, _ wire: ClassicWire = ClassicWire(rules: .fork),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let quick = Result { () throws(ReplicaError) in try action.checked(for: wire) }
        let slow = Result { () throws(ReplicaError) in try wire.check(action.bytes) }
        switch (quick, slow) {
        case (.success(let quick), .success(let slow)):
            #expect(quick.bytes == slow.bytes, sourceLocation: sourceLocation)
            #expect(quick.isLocalAction == slow.isLocalAction, sourceLocation: sourceLocation)
        case (.failure(let quick), .failure(let slow)):
            #expect(quick.code == slow.code, sourceLocation: sourceLocation)
        default:
            Issue.record("the two disagree: \(quick), \(slow)", sourceLocation: sourceLocation)
        }
    }

    private func makeAction(_ random: inout SplitMix64) -> Sample {
        switch random.below(11) {
        case 0: return .increment
        case 1: return .add(by: random.below(1_000) - 500)
        case 2: return .say(String(repeating: "é\"\u{0}", count: random.below(9)))
        case 3: return .place(Point(x: random.below(9), y: 0, _0: random.below(2) == 0 ? nil : "z"))
        case 4: return .maybe(random.below(2) == 0 ? nil : random.below(100))
        case 5: return .both(random.below(9), "b")
        case 6: return .mixed(Point(x: 1, y: 2), at: Double(random.below(9)) / 4)
        case 7: return .optional(a: nil, b: random.below(2) == 0 ? nil : true)
        case 8: return .tree(makeTree(&random, depth: 4))
        case 9: return .list(Array(0..<random.below(6)))
        default: return .json([["a": [1, [2, ["b": nil]]]], "x"])
        }
    }

    private func makeTree(_ random: inout SplitMix64, depth: Int) -> Inner {
        switch depth == 0 ? random.below(2) : random.below(3) {
        case 0: .none
        case 1: .leaf(random.below(100))
        default:
            .pair(makeTree(&random, depth: depth - 1), makeTree(&random, depth: depth - 1))
        }
    }
}

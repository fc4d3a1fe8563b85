// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedAppendOnly", .timeLimit(.minutes(20)))
struct ReplicatedAppendOnlyTests {
    private struct Line: Codable, Equatable { var t: String }

    /// Pushes, and removals of what any of the sources pushed, will push or never pushes.
    private static func payload(_ random: inout SplitMix64) -> String {
        guard Int.random(in: 0..<5, using: &random) < 2 else {
            return "{\"push\":{\"t\":\"\(Int.random(in: 0..<9, using: &random))\"}}"
        }
        let name = ["A", "é", "\\ud83d\\ude00", "😀"].randomElement(using: &random) ?? ""
        return "{ \"remove\" : \"\(name):\(Int.random(in: 1...24, using: &random))\"}"
    }

    @Test("Any order of delivery ends alike, and what is retained says all", arguments: 0..<200)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        expectLaws(seed: seed, history) { ReplicatedAppendOnly<JSONValue>() }
    }

    @Test("The items are the pushes that nobody removed, in agreed order", arguments: 0..<200)
    func reference(seed: UInt64) throws {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        var random = SplitMix64(seed: seed)
        var list = ReplicatedAppendOnly<JSONValue>()
        for update in history.delivery(using: &random) { list.apply(update) }
        let all = try history.agreed.map { (update: $0, value: try JSONValue($0.payload)) }
        let removed = Set(all.compactMap { $0.value["remove"]?.string })
        let expected = all.filter {
            $0.value["push"] != nil
                && !removed.contains("\($0.update.source):\(Int($0.update.timestamp.value))")
        }
        #expect(list.items.map(\.id.stamp) == expected.map(\.update.stamp))
        #expect(list.items.map(\.value) == expected.map { $0.value["push"] })
        #expect(list.count == expected.count)
        let pushes = list.history(since: VersionVector()).count { update in
            expected.contains { $0.update == update }
        }
        #expect(pushes == expected.count, "and nothing of the removed ones is kept")
    }

    @Test("Q6: a removal reaches a peer that was away")
    func away() throws {
        let push = update("A", 1, "{\"push\":{\"t\":\"one\"}}")
        var (here, away) = (ReplicatedAppendOnly<Line>(), ReplicatedAppendOnly<Line>())
        for list in [push] {
            here.apply(list)
            away.apply(list)
        }
        here.apply(update("B", 2, try #require(here.makeRemove(AppendOnlyID(push.stamp)))))
        var known = VersionVector()
        known.advance(push.source, to: push.timestamp)
        for update in here.history(since: known) { away.apply(update) }
        #expect(away.isEmpty)
        #expect(here.history(since: VersionVector()).count == 1, "only the removal is left")
    }

    @Test("Q6: a removal before its push waits; a second one changes nothing")
    func order() throws {
        let push = update("A", 1, "{\"push\":{\"t\":\"one\"}}")
        let removals = [
            update("B", 2, "{\"remove\":\"A:1\"}"), update("C", 2, "{\"remove\":\"A:1\"}"),
        ]
        for delivery in [removals + [push], [removals[1], push, removals[0]]] {
            var list = ReplicatedAppendOnly<Line>()
            var changes: [AppendOnlyChange<Line>]? = []
            for update in delivery {
                #expect(list.apply(update, changes: &changes) == .applied)
            }
            #expect(list.isEmpty)
            #expect(list.isRemoved(AppendOnlyID(push.stamp)))
            #expect(list.makeRemove(AppendOnlyID(push.stamp)) == nil)
            #expect(list.history(since: VersionVector()) == [removals[0]])
        }
    }

    @Test("An id is parted at its last colon, and its number is JavaScript's")
    func ids() throws {
        let id = try #require(AppendOnlyID("a:b:1795234558919.001"))
        #expect(id.stamp.source == source("a:b"))
        #expect(id.stamp.timestamp.value == 1_795_234_558_919.001)
        #expect(id.text == "a:b:1795234558919.001")
        #expect(AppendOnlyID(":1")?.stamp.source == source(""))
        let none = [
            "", ":", "A", "A:", "A:0", "A:-1", "A:1.0", "A:01", "A:1e3", "A:1e999", "A: 1", "A:x",
            "A:9007199254740993", "__proto__:1", "A:1 ", "A:.5", "A:1e400", "A:NaN",
        ]
        for text in none { #expect(AppendOnlyID(text) == nil, "\(text)") }

        var list = ReplicatedAppendOnly<Line>()
        let push = update("x:y", 5.5, try list.makePush(Line(t: "one")))
        list.apply(push)
        let item = try #require(list.items.first)
        #expect(item.value == Line(t: "one"))
        #expect(list[item.id]?.value == Line(t: "one"))
        let removal = try #require(list.makeRemove(item.id))
        #expect(String(decoding: removal, as: UTF8.self) == "{\"remove\":\"x:y:5.5\"}")
        list.apply(update("B", 9, removal))
        #expect(list.isEmpty)
        #expect(list[item.id] == nil)
    }

    @Test("Q15: what is neither push of an object nor removal of an id is refused")
    func wrongShapes() {
        expectRefused(
            written(ReplicatedAppendOnly<JSONValue>(), "{\"push\":{}}"),
            [
                "null", "5", "\"x\"", "[]", "{}", "{\"push\":\"string\"}", "{\"push\":null}",
                "{\"push\":[1]}", "{\"push\":5}", "{\"remove\":5}", "{\"remove\":null}",
                "{\"remove\":\"\"}", "{\"remove\":\"A\"}", "{\"remove\":\"A:1.0\"}",
                "{\"remove\":\"\\ud800:1\"}", "{\"push\":{},\"remove\":\"A:1\"}", "{\"x\":{}}",
                "{\"push\":{},\"push\":1}",
            ])
        expectNoTraps(ReplicatedAppendOnly<JSONValue>())
    }

    @Test("Only objects can be pushed, and items of another shape are kept")
    func shapes() throws {
        #expect(throws: EncodingError.self) { try ReplicatedAppendOnly<Int>().makePush(5) }
        let list = written(
            ReplicatedAppendOnly<Line>(), "{\"push\":{\"t\":1}}", "{\"push\": {\"t\":\"a\"} }")
        #expect(list.items.map(\.value) == [nil, Line(t: "a")])
        #expect(dumpText(list) == "[{\"t\":1},{\"t\":\"a\"}]")
        #expect(dumpText(ReplicatedAppendOnly<Line>()) == "[]")
    }

    @Test("Changes tell what came and what went")
    func changes() {
        var list = ReplicatedAppendOnly<Line>()
        var changes: [AppendOnlyChange<Line>]? = []
        _ = list.apply(update("A", 1, "{\"push\":{\"t\":\"one\"}}"), changes: &changes)
        _ = list.apply(update("B", 2, "{\"remove\":\"A:1\"}"), changes: &changes)
        _ = list.apply(update("C", 3, "{\"remove\":\"A:1\"}"), changes: &changes)
        guard case .pushed(let pushed)? = changes?.first,
            case .removed(let removed, let by)? = changes?.last, changes?.count == 2
        else {
            Issue.record("\(String(describing: changes))")
            return
        }
        #expect(pushed.value == Line(t: "one"))
        #expect(removed.id == pushed.id)
        #expect(by == update("B", 2, "1").stamp)
    }
}

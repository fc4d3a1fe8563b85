// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedEvents", .timeLimit(.minutes(20)))
struct ReplicatedEventsTests {
    private static func payload(_ random: inout SplitMix64) -> String {
        ["[\"x\"]", "[\"x\",1]", "[\"y\", {\"m\":1} , null]", "[\"\\u0078\",2]", "[\"7\",[]]"]
            .randomElement(using: &random) ?? ""
    }

    @Test("Any order of delivery lists alike, and everything is remembered", arguments: 0..<200)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        expectLaws(seed: seed, history) { ReplicatedEvents<JSONValue>() }
        var events = ReplicatedEvents<JSONValue>()
        for update in history.agreed { events.apply(update) }
        #expect(events.history(since: VersionVector()) == history.agreed)
        #expect(events.events.map(\.stamp) == history.agreed.map(\.stamp))
        let x = history.agreed.filter {
            $0.payload.starts(with: Array("[\"x\"".utf8))
                || $0.payload.starts(with: Array("[\"\\u0078".utf8))
        }
        #expect(events.events(named: "x").map(\.stamp) == x.map(\.stamp))
        #expect(events.count(of: "x") == x.count)
    }

    @Test("Q14: any name is safe")
    func names() throws {
        var events = ReplicatedEvents<Int>()
        #expect(events.events(named: "toString").isEmpty)
        for (index, name) in hostileKeys.enumerated() {
            #expect(events.apply(update("A", Double(index + 1), "[\(name),\(index)]")) == .applied)
        }
        #expect(events.names.count == hostileKeys.count)
        #expect(events.events(named: "__proto__").map(\.arguments) == [[1]])
        #expect(events.events(named: "error").map(\.arguments) == [[4]])
        #expect(try JSONValue(events.dump)["constructor"] == [3])
    }

    @Test("An event has zero or more arguments")
    func arguments() throws {
        var events = ReplicatedEvents<Int>()
        events.apply(update("A", 1, try events.makeEmit("x")))
        events.apply(update("A", 2, try events.makeEmit("x", 1)))
        events.apply(update("A", 3, try events.makeEmit("x", 2, 3)))
        events.apply(update("A", 4, "[\"x\", \"text\" , 4]"))
        #expect(events.events(named: "x").map(\.arguments) == [[], [1], [2, 3], [nil, 4]])
        #expect(
            events.events(named: "x").last?.rawArguments
                == [Array("\"text\"".utf8), Array("4".utf8)])
        #expect(dumpText(events) == "{\"x\":[null,1,2,\"text\"]}")
        #expect(dumpText(ReplicatedEvents<Int>()) == "{}")
    }

    @Test("Q13: what does not begin with a name is refused")
    func wrongShapes() {
        expectRefused(
            written(ReplicatedEvents<JSONValue>(), "[\"x\"]"),
            ["null", "5", "\"x\"", "{}", "[]", "[1]", "[null,1]", "[[\"x\"]]"])
        expectNoTraps(ReplicatedEvents<JSONValue>())
    }

    @Test("Changes are the events, each once")
    func changes() {
        var events = ReplicatedEvents<Int>()
        var changes: [EmittedEvent<Int>]? = []
        let (late, early) = (update("A", 2, "[\"x\",2]"), update("B", 1, "[\"x\",1]"))
        for update in [late, early, late] { _ = events.apply(update, changes: &changes) }
        #expect(changes?.map(\.arguments) == [[2], [1]])
        #expect(changes?.first?.name == "x")
        #expect(events.events(named: "x").map(\.arguments) == [[1], [2]])
    }
}

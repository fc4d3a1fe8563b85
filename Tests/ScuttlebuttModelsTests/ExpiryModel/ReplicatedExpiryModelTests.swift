// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedExpiryModel", .timeLimit(.minutes(20)))
struct ReplicatedExpiryModelTests {
    private typealias Model = ReplicatedExpiryModel<JSONValue>

    private static func payload(_ random: inout SplitMix64) -> String {
        let key = ["a", "b"].randomElement(using: &random) ?? ""
        let number = Int.random(in: 0..<99, using: &random)
        let value =
            [
                "{\"x\":\(number)}", "{\"y\":\(number)}", "{ \"x\" :\(number), \"y\":[{}]}", "{}",
                "{\"x\":1,\"\\u0078\":\(number)}", "null", "\(number)", "[\(number)]",
                "{\"z\":\(number),\"9\":1}",
            ].randomElement(using: &random) ?? ""
        return "[\"\(key)\",\(value)]"
    }

    /// What the keys hold by the definition, with nothing ever left out.
    private static func oracle(_ updates: [Update]) throws -> [String: JSONValue] {
        var table: [String: JSONValue] = [:]
        for update in updates.sorted(by: { $0.stamp < $1.stamp }) {
            let pair = try JSONValue(update.payload)
            guard let key = pair[0]?.string, let value = pair[1] else { continue }
            if case .object(let new) = value, case .object(var merged)? = table[key] {
                for member in new.members { merged[member.key] = member.value }
                table[key] = .object(merged)
            } else {
                table[key] = value
            }
        }
        return table.filter { $0.value != .null }
    }

    private static func export(_ table: [String: JSONValue]) -> JSONValue {
        .object(.init(table.map { (key: $0.key, value: $0.value) }))
    }

    private static func ageing(_ age: Double, at time: Double? = nil) -> Model {
        var model = Model(ExpiryLimits(maximumAge: age))
        var changes: [ExpiryChange<JSONValue>]?
        if let time { model.advance(wallClock: time, changes: &changes) }
        return model
    }

    @Test("Any order of delivery ends alike, and what is retained says all", arguments: 0..<300)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        expectLaws(seed: seed, history) { Model() }
        expectLaws(seed: seed, history) { Self.ageing(10, at: 20) }
    }

    @Test("Objects are merged member by member, in the order of their stamps", arguments: 0..<200)
    func reference(seed: UInt64) throws {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        var random = SplitMix64(seed: seed)
        var model = Model()
        for update in history.delivery(using: &random) { model.apply(update) }
        let table = try Self.oracle(history.agreed)
        #expect(try JSONValue(model.dump) == Self.export(table))
        for key in ["a", "b"] { #expect(model[key] == table[key]) }
    }

    @Test(
        "At any moment it holds what the updates that are young enough come to", arguments: 0..<200)
    func expiry(seed: UInt64) throws {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        var random = SplitMix64(seed: seed)
        let delivery = history.delivery(using: &random)
        var model = Self.ageing(8)
        var changes: [ExpiryChange<JSONValue>]?
        var now = 0.0
        for (index, update) in delivery.enumerated() {
            // Nobody writes in the future; `ExpiryClockTests` has those who do.
            if now > 0, update.timestamp.value > now {
                now = update.timestamp.value
                model.advance(wallClock: now, changes: &changes)
            }
            model.apply(update)
            guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
            now += Double(Int.random(in: 0...9, using: &random))
            now = max(now, delivery[...index].map(\.timestamp.value).max() ?? 0)
            model.advance(wallClock: now, changes: &changes)
            let young = Set(delivery[...index]).filter { $0.timestamp.value >= now - 8 }
            #expect(try JSONValue(model.dump) == Self.export(Self.oracle(Array(young))))
            for update in model.history(since: VersionVector()) {
                #expect(young.contains(update), "expired data is not passed on")
            }
            #expect(
                model.retainedByteCount
                    == model.history(since: VersionVector()).reduce(0) { $0 + $1.byteCount })
        }
        model.advance(wallClock: 1_000, changes: &changes)
        #expect(dumpText(model) == "{}")
        #expect(model.count == 0)
        #expect(model.retainedByteCount == 0)
        for update in delivery { model.apply(update) }
        #expect(dumpText(model) == "{}", "and nothing that expired comes back")
    }

    @Test(
        "Q5: an update that is older than a deletion changes nothing, before and after it expired")
    func deletion() throws {
        let removal = update("B", 50, "[\"k\",null]")
        let older = update("A", 40, "[\"k\",{\"x\":1}]")
        var model = Self.ageing(100, at: 60)
        model.apply(removal)
        #expect(model.count == 1)
        #expect(model.history(since: VersionVector()) == [removal])
        var late = model
        late.apply(older)
        #expect(late["k"] == nil)

        var changes: [ExpiryChange<JSONValue>]? = []
        model.advance(wallClock: 151, changes: &changes)
        #expect(changes?.isEmpty == true, "nobody saw the deletion")
        #expect(model.count == 0)
        model.apply(older)
        #expect(model.count == 0)
        model.advance(wallClock: 100, changes: &changes)
        model.apply(update("C", 45, "[\"k\",{\"x\":1}]"))
        #expect(model["k"] == nil, "not even when the wall clock stepped back")
        model.apply(update("A", 60, "[\"k\",2]"))
        #expect(model["k"] == 2)
    }

    @Test("Refreshing makes all members young; deleting what is not here is nothing to write")
    func makeRefresh() throws {
        var model = Self.ageing(10)
        var changes: [ExpiryChange<JSONValue>]?
        #expect(model.makeRefresh("k") == nil)
        #expect(model.makeRemove("k") == nil)
        model.apply(update("A", 1, try model.makeSet("k", to: ["name": "Ada"])))
        model.apply(update("A", 8, try model.makeSet("k", to: ["seen": 8])))
        model.apply(update("A", 9, try #require(model.makeRefresh("k"))))
        #expect(model.history(since: VersionVector()).count == 1)
        model.advance(wallClock: 15, changes: &changes)
        #expect(model["k"] == ["name": "Ada", "seen": 8])
        model.apply(update("A", 16, try #require(model.makeRemove("k"))))
        #expect(model["k"] == nil)
        #expect(model.rawValue(of: "k") == nil)
        #expect(model.keys.isEmpty)
        #expect(model.makeRemove("k") == nil)
    }

    @Test("Too many keys: those written longest ago go, and do not come back by old updates")
    func eviction() {
        var model = Model(ExpiryLimits(maximumCount: 2))
        var changes: [ExpiryChange<JSONValue>]? = []
        let writes = [
            update("A", 1, "[\"a\",{\"x\":1}]"), update("A", 2, "[\"b\",null]"),
            update("A", 3, "[\"a\",{\"y\":2}]"), update("A", 4, "[\"c\",3]"),
            update("A", 5, "[\"d\",4]"),
        ]
        for write in writes { _ = model.apply(write, changes: &changes) }
        #expect(dumpText(model) == "{\"c\":3,\"d\":4}")
        let evictions = changes?.filter { $0.cause == .evicted }
        #expect(evictions?.map(\.key) == ["a"], "nobody sees a deletion being forgotten")
        #expect(evictions?.map(\.stamp) == [writes[2].stamp])
        #expect(model.history(since: VersionVector()) == Array(writes[3...]))
        #expect(model.count == 2)

        for late in [update("B", 1.5, "[\"b\",1]"), update("C", 2.5, "[\"a\",{\"z\":1}]")] {
            #expect(model.apply(late) == .applied)
        }
        for write in writes { model.apply(write) }
        #expect(dumpText(model) == "{\"c\":3,\"d\":4}")
        model.apply(update("B", 6, "[\"a\",{\"z\":1}]"))
        #expect(dumpText(model) == "{\"a\":{\"z\":1},\"d\":4}")
    }

    @Test("It never holds more keys than allowed, and always the newest", arguments: 0..<200)
    func evictionReference(seed: UInt64) throws {
        let history = RandomHistory(seed: seed) { random in
            let key = Int.random(in: 0..<8, using: &random)
            return "[\"\(key)\",\(Int.random(in: 0..<9, using: &random))]"
        }
        var random = SplitMix64(seed: seed)
        var model = Model(ExpiryLimits(maximumCount: 3))
        for update in history.delivery(using: &random) {
            model.apply(update)
            #expect(model.count <= 3)
        }
        var newest: [(key: String, update: Update)] = []
        for update in history.agreed {
            let key = try JSONValue(update.payload)[0]?.string ?? ""
            newest.removeAll { $0.key == key }
            newest.append((key, update))
        }
        #expect(model.history(since: VersionVector()) == newest.suffix(3).map(\.update))
    }

    @Test("Q13: what is not [string, value] is refused, and nothing changes")
    func wrongShapes() {
        expectRefused(
            written(Model(), "[\"k\",{\"x\":1}]"),
            [
                "null", "5", "\"k\"", "{}", "{\"k\":1}", "[]", "[\"k\"]", "[\"k\",1,2]", "[1,2]",
                "[null,1]",
            ])
        expectNoTraps(Model())
        expectNoTraps(Model(ExpiryLimits(maximumCount: 1, maximumAge: 5)))
    }

    @Test("Q14: names that every JavaScript object has are ordinary keys and members")
    func hostileNames() throws {
        var model = Model()
        for (index, key) in hostileKeys.enumerated() {
            model.apply(update("A", Double(index + 1), "[\(key),\(index)]"))
            model.apply(update("B", Double(index + 1), "[\"all\",{\(key):\(index)}]"))
        }
        #expect(model.count == hostileKeys.count + 1)
        let all = try #require(model.rawValue(of: "all"))
        let text = String(decoding: all, as: UTF8.self)
        #expect(text.hasPrefix("{\"9\":6,\"10\":5,\"\":0,"))
        #expect(text.contains("\"__proto__\":1"))
        #expect(text.contains("\"\\ud83d\":9"))
        #expect(model["e\u{301}"] == 12)
    }

    @Test("Many members, and a time that is no time, cost no more than they should")
    func manyMembers() {
        var model = Self.ageing(1_000_000)
        var changes: [ExpiryChange<JSONValue>]?
        // In the square of the number these would be hundreds of millions of steps each.
        for index in 1...20_000 {
            model.apply(update("A", Double(index), "[\"k\",{\"\(index)\":1}]"))
        }
        for index in 1...10_000 {
            model.apply(update("B", Double(index), "[\"k\",null]"))
        }
        #expect(model.history(since: VersionVector()).count == 10_001)
        for time in [Double.nan, .infinity, -.infinity, -1] {
            model.advance(wallClock: time, changes: &changes)
        }
        #expect(model.history(since: VersionVector()).count == 10_001)
        model.advance(wallClock: 1_015_000, changes: &changes)
        #expect(model.history(since: VersionVector()).count == 5_001)
        model.advance(wallClock: 2_000_000, changes: &changes)
        #expect(model.retainedByteCount == 0)
    }

    @Test("Changes tell the key and why; an update that loses tells nothing")
    func changes() {
        var model = Self.ageing(10)
        var changes: [ExpiryChange<JSONValue>]? = []
        _ = model.apply(update("A", 2, "[\"k\",5]"), changes: &changes)
        _ = model.apply(update("B", 1, "[\"k\",{\"x\":1}]"), changes: &changes)
        model.advance(wallClock: 20, changes: &changes)
        #expect(changes?.map(\.cause) == [.written, .expired])
        #expect(changes?.map(\.key) == ["k", "k"])
        #expect(changes?.map(\.rawValue) == [Array("5".utf8), nil])
    }
}

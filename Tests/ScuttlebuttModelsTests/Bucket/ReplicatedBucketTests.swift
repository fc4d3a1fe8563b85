// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedBucket", .timeLimit(.minutes(20)))
struct ReplicatedBucketTests {
    private typealias Model = ReplicatedModel<JSONValue>
    private typealias Events = ReplicatedEvents<JSONValue>

    private static func bucket() -> ReplicatedBucket {
        ReplicatedBucket([
            "model": Model(), "events": Events(),
            "inner": ReplicatedBucket(["model": Model(), "value": ReplicatedValue<JSONValue>()]),
        ])
    }

    private static func payload(_ random: inout SplitMix64) -> String {
        let number = Int.random(in: 0..<9, using: &random)
        return [
            "[\"model\",[\"k\",\(number)]]", "[\"mod\\u0065l\" ,[ \"j\",\(number)] ]",
            "[\"events\",[\"e\",\(number)]]", "[\"inner\",[\"model\",[\"k\",\(number)]]]",
            "[ \"inner\",[\"model\" ,[\"j\",\(number)]]]", "[\"inner\",[\"value\",\(number)]]",
            "[\"inner\",[\"other\",\(number)]]", "[\"other\",\(number)]",
        ].randomElement(using: &random) ?? ""
    }

    @Test("Any order of delivery ends alike, and what is retained says all", arguments: 0..<200)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        expectLaws(seed: seed, history, retainsOwnBytes: false) { Self.bucket() }
    }

    @Test("A part is as if it were alone, whenever it was declared", arguments: 0..<200)
    func parts(seed: UInt64) throws {
        let history = RandomHistory(seed: seed, payload: Self.payload)
        var random = SplitMix64(seed: seed)
        let delivery = history.delivery(using: &random)
        var bucket = ReplicatedBucket()
        let names: [PropertyKey] = ["model", "events"]
        let moments = names.map { _ in Int.random(in: 0...delivery.count, using: &random) }
        for place in 0...delivery.count {
            if moments[0] == place { bucket.declare(names[0], Model()) }
            if moments[1] == place { bucket.declare(names[1], Events()) }
            if place < delivery.count { bucket.apply(delivery[place]) }
        }
        var (model, events) = (Model(), Events())
        for update in history.agreed {
            let pair = try JSONValue(update.payload)
            let inner = Update(
                payload: pair[1]?.bytes ?? [], timestamp: update.timestamp, source: update.source)
            if pair[0] == "model" { model.apply(inner) }
            if pair[0] == "events" { events.apply(inner) }
        }
        #expect(try JSONValue(bucket[names[0]]?.dump ?? []) == JSONValue(model.dump))
        #expect(try JSONValue(bucket[names[1]]?.dump ?? []) == JSONValue(events.dump))
        let others = history.agreed.count {
            $0.payload.starts(with: Array("[\"other".utf8))
                || $0.payload.prefix(9).contains(UInt8(ascii: "i"))
        }
        #expect(bucket.waitingCount == others)
    }

    @Test("Every update goes on as the bytes that came, with its tail", arguments: 0..<200)
    func bytes(seed: UInt64) {
        let tails: [[UInt8]?] = [nil, Array(", 5.0,\"A\"".utf8), [0xFF], [0xFF, 0, 1]]
        let forms = [
            "[\"e\",[\"e\",[\"x\",1]]]", "[ \"e\",[\"e\",[\"x\",1]]]", "[\"e\" , [\"e\",[\"x\"]]]",
            "[\"e\",[\"e\" ,[\"x\",1]]]", "[\"\\u0065\",[\"\\u0065\",[\"x\" ]]]",
            "[\"e\",[\"none\", 1]]", "[\"none\",[ 1 ]]",
        ]
        var random = SplitMix64(seed: seed)
        var bucket = ReplicatedBucket(["e": ReplicatedBucket(["e": Events()])])
        var sent: [Update] = []
        for time in 1...20 {
            let plain = update("A", Double(time), forms.randomElement(using: &random) ?? "")
            let write = Update(
                payload: plain.payload, timestamp: plain.timestamp, source: plain.source,
                tail: tails.randomElement(using: &random) ?? nil)
            #expect(bucket.apply(write) == .applied)
            sent.append(write)
        }
        #expect(bucket.history(since: VersionVector()) == sent)
        expectDeltas(bucket, sent, using: &random)
    }

    @Test("Q15: an update of an unknown part is kept and relayed, and takes effect when declared")
    func unknown() throws {
        let writes = [
            update("A", 2, "[\"list\",{\"push\":{}}]"), update("B", 1, "[\"list\",{\"bad\":1}]"),
            update("B", 3, "[\"list\",{\"remove\":\"A:2\"}]"), update("B", 4, "[\"x\",1]"),
        ]
        var bucket = ReplicatedBucket()
        for write in writes { #expect(bucket.apply(write) == .applied) }
        #expect(bucket.apply(writes[0]) == .applied)
        #expect(bucket.waitingCount == 4)
        #expect(dumpText(bucket) == "{}")
        #expect(bucket.history(since: VersionVector()).count == 4)
        #expect(bucket["list"] == nil)

        let refused = bucket.declare("list", ReplicatedAppendOnly<JSONValue>())
        #expect(refused == [writes[1].stamp])
        #expect(bucket.declare("list", Model()).isEmpty, "a part stays what it is")
        #expect(bucket["list", as: ReplicatedAppendOnly<JSONValue>.self]?.isEmpty == true)
        #expect(bucket.waitingCount == 1)
        #expect(bucket.history(since: VersionVector()) == [writes[2], writes[3]])
    }

    @Test("A part's refusal refuses the update; so does what is not [part, value]")
    func wrongShapes() {
        let bucket = written(
            Self.bucket(), "[\"model\",[\"k\",1]]", "[\"unknown\",1]",
            "[\"inner\",[\"model\",[\"k\",1]]]")
        expectRefused(
            bucket,
            [
                "null", "5", "\"x\"", "{}", "[]", "[\"model\"]", "[1,[\"k\",1]]",
                "[\"model\",[\"k\",1],2]", "[\"model\",5]", "[\"model\",[5,1]]", "[\"events\",[]]",
                "[\"inner\",5]", "[\"inner\",[\"model\",5]]",
            ])
        expectNoTraps(Self.bucket())
        expectNoTraps(ReplicatedBucket(["a": ReplicatedBucket(["a": Model()])]))
    }

    @Test("Q14: a part may have any name")
    func names() {
        var bucket = ReplicatedBucket()
        for (index, name) in hostileKeys.enumerated() {
            bucket.apply(update("A", Double(index + 1), "[\(name),\(index)]"))
        }
        #expect(bucket.waitingCount == hostileKeys.count)
        bucket.declare("__proto__", ReplicatedValue<Int>())
        bucket.declare("e\u{301}", ReplicatedValue<Int>())
        #expect(bucket["__proto__", as: ReplicatedValue<Int>.self]?.value == 1)
        #expect(bucket["e\u{301}", as: ReplicatedValue<Int>.self]?.value == 12)
        #expect(bucket.waitingCount == hostileKeys.count - 2)
    }

    @Test("Q12, Q18: the parts share one clock, and own writes are claimed and sent")
    func oneClock() throws {
        var replica = Replica(Self.bucket(), source: source("A"))
        var effects: [ReplicaEffect<BucketChange>] = []
        let model = try #require(replica.value["model", as: Model.self])
        let inner = try #require(replica.value["inner", as: ReplicatedBucket.self])
        let nested = try #require(inner["model", as: Model.self])
        let payloads = [
            replica.value.makeWrite(to: "model", try model.makeSet("k", to: 1)),
            replica.value.makeWrite(
                to: "inner", inner.makeWrite(to: "model", try nested.makeSet("k", to: 2))),
        ]
        #expect(replica.value.makeWrite(to: "model", model.makeRemove("k")) == nil)
        var updates: [Update] = []
        for payload in payloads {
            updates.append(
                try replica.write(try #require(payload), wallClock: 1_000, into: &effects))
        }
        #expect(updates[0].timestamp < updates[1].timestamp)
        #expect(replica.gossip.vector[source("A")] == updates[1].timestamp)
        #expect(replica.value.history(since: VersionVector()) == updates)
        #expect(replica.value.history(since: replica.gossip.vector).isEmpty)
        #expect(
            dumpText(replica.value)
                == #"{"events":{},"inner":{"model":{"k":2},"value":null},"model":{"k":1}}"#
        )
        #expect(replica.value["model", as: Events.self] == nil)
    }

    @Test("Changes carry the part's name and its own change, through nested buckets")
    func changes() throws {
        var bucket = Self.bucket()
        var changes: [BucketChange]? = []
        _ = bucket.apply(update("A", 1, "[\"model\",[\"k\",1]]"), changes: &changes)
        _ = bucket.apply(update("A", 2, "[\"inner\",[\"value\",5]]"), changes: &changes)
        _ = bucket.apply(update("A", 3, "[\"unknown\",5]"), changes: &changes)
        #expect(changes?.map(\.part) == ["model", "inner"])
        #expect((changes?[0].change as? ModelChange<JSONValue>)?.value == 1)
        let inner = try #require(changes?[1].change as? BucketChange)
        #expect(inner.part == "value")
        #expect((inner.change as? ValueChange<JSONValue>)?.value == 5)
    }

    @Test("A copy is a bucket of its own")
    func copies() {
        let bucket = written(Self.bucket(), "[\"model\",[\"k\",1]]")
        var copy = bucket
        copy.apply(update("B", 5, "[\"model\",[\"k\",2]]"))
        #expect(bucket["model", as: Model.self]?["k"] == 1)
        #expect(copy["model", as: Model.self]?["k"] == 2)
        #expect(bucket.retainedByteCount > 0)
    }
}

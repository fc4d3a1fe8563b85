// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// Three peers that write what they prepare from what they see, and exchange it by deltas.
struct PreparingPeers<Value: Replicated & Dumpable> {
    private(set) var values: [Value]
    /// Every update with what its writer had seen.
    private(set) var written: [(update: Update, seen: VersionVector)] = []
    private var vectors = [VersionVector(), VersionVector(), VersionVector()]
    private let names = ["A", "B", "C"].map { source($0) }

    init(_ value: Value) { values = [value, value, value] }

    mutating func run(
        seed: UInt64, _ prepare: (Value, inout SplitMix64) throws -> Payload?
    ) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<40 {
            let peer = Int.random(in: 0..<3, using: &random)
            if Bool.random(using: &random) {
                guard let payload = try prepare(values[peer], &random) else { continue }
                let time = (vectors[peer].largest?.value ?? 0).rounded(.down) + 1
                guard let timestamp = Timestamp(time) else { continue }
                let update = Update(payload: payload, timestamp: timestamp, source: names[peer])
                written.append((update, vectors[peer]))
                take(update, peer)
            } else {
                let limit = DeltaLimit(updates: Int.random(in: 1...4, using: &random))
                pull(peer, from: (peer + 1) % 3, limit)
            }
        }
        for _ in 0..<3 { for peer in 0..<3 { pull(peer, from: (peer + 1) % 3, .unlimited) } }
    }

    private mutating func take(_ update: Update, _ peer: Int) {
        #expect(values[peer].apply(update) == .applied)
        vectors[peer].advance(update.source, to: update.timestamp)
    }

    private mutating func pull(_ peer: Int, from other: Int, _ limit: DeltaLimit) {
        for update in values[other].delta(since: vectors[peer], limit: limit) {
            take(update, peer)
        }
        guard limit == .unlimited else { return }
        // As after a whole history: what was superseded is covered too.
        vectors[peer].merge(vectors[other])
    }

    /// All updates in a random order in which each comes after all that its writer had seen.
    func linearExtension(using random: inout SplitMix64) -> [Update] {
        var (rest, result) = (written, [Update]())
        while !rest.isEmpty {
            let ready = rest.indices.filter { index in
                rest[index].seen.entries.allSatisfy { source, timestamp in
                    !rest.contains {
                        $0.update.source == source && $0.update.timestamp <= timestamp
                    }
                }
            }
            guard let index = ready.randomElement(using: &random) else { break }
            result.append(rest.remove(at: index).update)
        }
        return result
    }
}

@Suite("What peers prepare and exchange", .timeLimit(.minutes(20)))
struct PreparedHistoryTests {
    private func expectConvergence<Value: Replicated & Dumpable>(
        _ seed: UInt64, _ value: Value, _ prepare: (Value, inout SplitMix64) throws -> Payload?
    ) throws {
        var peers = PreparingPeers(value)
        try peers.run(seed: seed, prepare)
        var random = SplitMix64(seed: ~seed)
        let dump = peers.values[0].dump
        for other in peers.values {
            #expect(other.dump == dump)
            #expect(
                other.history(since: VersionVector())
                    == peers.values[0].history(since: VersionVector()))
        }
        for _ in 0..<3 {
            let order = peers.linearExtension(using: &random)
            #expect(order.count == peers.written.count)
            var late = value
            for update in order { late.apply(update) }
            #expect(late.dump == dump, "in any order that respects causality")
        }
    }

    private static func number(_ random: inout SplitMix64) -> Int {
        Int.random(in: 0..<100, using: &random)
    }

    @Test("Models converge", arguments: 0..<200)
    func models(seed: UInt64) throws {
        try expectConvergence(seed, ReplicatedModel<Int>()) { model, random in
            let key = PropertyKey("\(Int.random(in: 0..<3, using: &random))")
            return Bool.random(using: &random)
                ? model.makeRemove(key) : try model.makeSet(key, to: Self.number(&random))
        }
    }

    @Test("Values and events converge", arguments: 0..<200)
    func valuesAndEvents(seed: UInt64) throws {
        try expectConvergence(seed, ReplicatedValue<Int>(historyLength: 3)) { value, random in
            try value.makeSet(Self.number(&random))
        }
        try expectConvergence(seed, ReplicatedEvents<Int>()) { events, random in
            try events.makeEmit("e", Self.number(&random))
        }
    }

    @Test("Lists converge, and nobody keeps what somebody removed", arguments: 0..<200)
    func lists(seed: UInt64) throws {
        try expectConvergence(seed, ReplicatedAppendOnly<[String: Int]>()) { list, random in
            guard Bool.random(using: &random), let item = list.items.randomElement(using: &random)
            else { return try list.makePush(["n": Self.number(&random)]) }
            return list.makeRemove(item.id)
        }
    }

    @Test("Expiring models converge as long as nothing expires", arguments: 0..<200)
    func expiringModels(seed: UInt64) throws {
        try expectConvergence(seed, ReplicatedExpiryModel<[String: Int]>()) { model, random in
            let key = PropertyKey("\(Int.random(in: 0..<2, using: &random))")
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return model.makeRemove(key)
            case 1: return model.makeRefresh(key)
            default:
                let member = "\(Int.random(in: 0..<3, using: &random))"
                return try model.makeSet(key, to: [member: Self.number(&random)])
            }
        }
    }

    @Test("Buckets converge", arguments: 0..<200)
    func buckets(seed: UInt64) throws {
        let bucket = ReplicatedBucket([
            "model": ReplicatedModel<Int>(),
            "inner": ReplicatedBucket(["list": ReplicatedAppendOnly<[String: Int]>()]),
        ])
        try expectConvergence(seed, bucket) { bucket, random in
            if Bool.random(using: &random) {
                let model = bucket["model", as: ReplicatedModel<Int>.self]
                let payload = try model?.makeSet("k", to: Self.number(&random))
                return bucket.makeWrite(to: "model", payload)
            }
            let inner = bucket["inner", as: ReplicatedBucket.self]
            let list = inner?["list", as: ReplicatedAppendOnly<[String: Int]>.self]
            let item = list?.items.randomElement(using: &random)
            let payload =
                try item.map { list?.makeRemove($0.id) }
                ?? list?.makePush(["n": Self.number(&random)])
            return bucket.makeWrite(to: "inner", inner?.makeWrite(to: "list", payload))
        }
    }
}

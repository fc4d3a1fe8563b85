// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

/// A replica of a model that nobody is connected to.
private typealias ModelReplica = Replica<ReplicatedModel<Int>>

private func modelReplica() -> ModelReplica? {
    Source("A").map { Replica(ReplicatedModel<Int>(), source: $0) }
}

/// Sets keys through a replica, as a driver does.
private func setKeys(_ keys: [String], in replica: inout ModelReplica) throws {
    var effects: [ModelReplica.Effect] = []
    for index in keys.indices {
        let payload = try replica.value.makeSet(keys[index], to: index)
        _ = try replica.write(payload, wallClock: 1_795_234_551_016, into: &effects)
        effects.removeAll(keepingCapacity: true)
    }
}

/// The median of five replicas, without the time that it takes to free them.
private func secondsOfSetting(_ keys: [String], rounds: Int) throws -> Double {
    var seconds: [Double] = []
    for _ in 0..<5 {
        guard var replica = modelReplica() else { continue }
        let clock = ContinuousClock()
        let start = clock.now
        for _ in 0..<rounds { try setKeys(keys, in: &replica) }
        seconds.append((clock.now - start).seconds)
        keep(replica)
    }
    return seconds.sorted()[seconds.count / 2]
}

/// What a model costs, alone and in a bucket, and one whose entries expire.
func modelBenchmarks() throws -> [Row] {
    let count = 1_000_000
    let keys = (0..<count).map { "key \($0)" }
    guard var large = modelReplica() else { return [] }
    try setKeys(keys, in: &large)
    var rows: [Row] = []

    let yardstick = medianSeconds {
        var table: [PropertyKey: Int] = [:]
        for index in keys.indices { table[PropertyKey(keys[index])] = index }
        keep(table)
    }
    rows.append(
        Row(
            name: "a bare dictionary: 1 million keys set for the first time",
            value: Double(count) / yardstick, unit: "writes/s"))

    let fresh = try secondsOfSetting(keys, rounds: 1)
    rows.append(
        Row(
            name: "model: 1 million keys set for the first time", value: Double(count) / fresh,
            unit: "writes/s", goal: "≥ 1,000,000"))

    let again = try secondsOfSetting(Array(keys.prefix(1_000)), rounds: count / 1_000)
    rows.append(
        Row(
            name: "model: 1,000 keys set 1,000 times each", value: Double(count) / again,
            unit: "writes/s", goal: "≥ 1,000,000"))

    rows += try upToDateBenchmarks(large, keys)
    rows += try bucketBenchmarks(Array(keys.prefix(200_000)))
    rows += expiryBenchmarks(Array(keys.prefix(200_000)))
    return rows
}

/// What an up-to-date peer asks for: no more from a million keys than from a thousand.
private func upToDateBenchmarks(_ large: ModelReplica, _ keys: [String]) throws -> [Row] {
    guard var small = modelReplica() else { return [] }
    try setKeys(Array(keys.prefix(1_000)), in: &small)
    return [(small, "1,000"), (large, "1 million")].map { replica, size in
        let vector = replica.gossip.vector
        let rounds = 200_000
        let seconds = medianSeconds {
            for _ in 0..<rounds { keep(replica.value.history(since: vector)) }
        }
        return Row(
            name: "model: history of an up-to-date peer, \(size) keys",
            value: seconds / Double(rounds) * 1e9, unit: "ns")
    }
}

private func bucketBenchmarks(_ keys: [String]) throws -> [Row] {
    guard let source = Source("A") else { return [] }
    let seconds = try medianSeconds {
        var replica = Replica(
            ReplicatedBucket(["model": ReplicatedModel<Int>()]), source: source)
        var effects: [Replica<ReplicatedBucket>.Effect] = []
        let model = ReplicatedModel<Int>()
        for index in keys.indices {
            let payload = try model.makeSet(keys[index], to: index)
            if let write = replica.value.makeWrite(to: "model", payload) {
                _ = try replica.write(write, wallClock: 1_795_234_551_016, into: &effects)
            }
            effects.removeAll(keepingCapacity: true)
        }
        keep(replica)
    }
    return [
        Row(
            name: "bucket: 200,000 keys of a model in it", value: Double(keys.count) / seconds,
            unit: "writes/s")
    ]
}

private func expiryBenchmarks(_ keys: [String]) -> [Row] {
    guard let source = Source("A") else { return [] }
    let seconds = medianSeconds {
        var model = ReplicatedExpiryModel<JSONValue>(
            ExpiryLimits(maximumCount: 10_000, maximumAge: 50_000))
        var changes: [ExpiryChange<JSONValue>]?
        for index in keys.indices {
            guard let timestamp = Timestamp(Double(index + 1)) else { continue }
            let payload = Array("[\"\(keys[index])\",{\"x\":\(index)}]".utf8)
            model.apply(Update(payload: payload, timestamp: timestamp, source: source))
            if index % 1_000 == 0 { model.advance(wallClock: Double(index), changes: &changes) }
        }
        keep(model)
    }
    return [
        Row(
            name: "expiry model: 200,000 keys through room for 10,000",
            value: Double(keys.count) / seconds, unit: "writes/s")
    ]
}

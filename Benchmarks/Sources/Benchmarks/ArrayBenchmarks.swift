// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// Makes a write from an array, the number of the write and chance.
private typealias Prepare = (ReplicatedArray<Int>, Int, inout SplitMix64) throws -> Payload

/// The median of five arrays: 100,000 writes prepared and applied, without the time of freeing
/// them.
private func seconds(_ source: Source, _ prepare: Prepare) throws -> (seconds: Double, key: Int) {
    var seconds: [Double] = []
    var longest = 0
    for _ in 0..<5 {
        var random = SplitMix64(seed: 7)
        var array = ReplicatedArray<Int>(source: source)
        let clock = ContinuousClock()
        let start = clock.now
        for index in 0..<100_000 {
            let payload = try prepare(array, index, &random)
            guard let timestamp = Timestamp(Double(index + 1)) else { continue }
            array.apply(Update(payload: payload, timestamp: timestamp, source: source))
        }
        seconds.append((clock.now - start).seconds)
        longest = array.keys.map { $0.bytes.count }.max() ?? 0
    }
    return (seconds.sorted()[seconds.count / 2], longest)
}

/// The same through a replica, which stamps and passes on.
private func replicaSeconds(_ source: Source, _ prepare: Prepare) throws -> Double {
    var seconds: [Double] = []
    for _ in 0..<5 {
        var random = SplitMix64(seed: 7)
        var replica = Replica(ReplicatedArray<Int>(source: source), source: source)
        var effects: [Replica<ReplicatedArray<Int>>.Effect] = []
        let clock = ContinuousClock()
        let start = clock.now
        for index in 0..<100_000 {
            let payload = try prepare(replica.value, index, &random)
            _ = try replica.write(payload, wallClock: 1_795_234_551_016, into: &effects)
            effects.removeAll(keepingCapacity: true)
        }
        seconds.append((clock.now - start).seconds)
        keep(replica)
    }
    return seconds.sorted()[seconds.count / 2]
}

/// What arrays and edited texts cost.
func arrayBenchmarks() throws -> [Row] {
    guard let source = Source("A0123456789ABCDEF0123456789ABCDEF012345") else { return [] }
    let kinds: [(name: String, goal: String, prepare: Prepare)] = [
        ("push", "< 300", { array, index, _ in try array.makePush(index) }),
        (
            "random insert", "< 300",
            { array, index, random in
                try array.makeInsert(index, at: Int.random(in: 0...array.count, using: &random))
            }
        ),
        (
            "insert in runs of 20", "",
            { array, index, random in
                let runs = UInt64(index / 20)
                var place = SplitMix64(seed: runs)
                let start = Int.random(in: 0...(index / 20 * 20), using: &place)
                return try array.makeInsert(index, at: start + index % 20)
            }
        ),
    ]
    var rows: [Row] = []
    for kind in kinds {
        let (seconds, longest) = try seconds(source, kind.prepare)
        rows.append(
            Row(
                name: "array: \(kind.name) of 100,000", value: seconds * 1e3, unit: "ms",
                goal: kind.goal))
        rows.append(
            Row(
                name: "… through a replica", value: try replicaSeconds(source, kind.prepare) * 1e3,
                unit: "ms", goal: kind.goal))
        rows.append(Row(name: "… longest sort key", value: Double(longest), unit: "characters"))
    }
    var edit = ReplicatedEdit(source: source)
    var lines = (0..<10_000).map { "line number \($0)\n" }
    func set(_ time: Int) {
        guard let payload = edit.makeSet(text: lines.joined()),
            let timestamp = Timestamp(Double(time))
        else { return }
        edit.apply(Update(payload: payload, timestamp: timestamp, source: source))
    }
    set(1)
    var time = 1
    let setting = medianSeconds(21) {
        time += 1
        lines[5_000] = "line changed \(time)\n"
        set(time)
    }
    rows.append(
        Row(
            name: "edit: one of 10,000 lines changed by setting the text", value: setting * 1e3,
            unit: "ms"))
    return rows
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

private func updates(
    _ count: Int, after time: Int = 0, _ payload: (Int) -> String
) -> [Update] {
    guard let source = Source("A") else { return [] }
    return (0..<count).compactMap { number in
        Timestamp(Double(time + number + 1)).map {
            Update(payload: Array(payload(number).utf8), timestamp: $0, source: source)
        }
    }
}

/// What an update of a row costs beside 1,000 to 100,000 others, with a live set and a sequence.
func docBenchmarks() throws -> [Row] {
    var rows: [Row] = []
    for count in [1_000, 10_000, 100_000] {
        let adding = updates(count) {
            let type = $0 % 2 == 0 ? "cheese" : "wine"
            return "[\"row\($0 &* 7_919 % count)\",{\"type\":\"\(type)\",\"_sort\":\"\($0)\"}]"
        }
        // Two of three updates make a row enter or leave.
        let toggling = updates(10_000, after: count) {
            let type = $0 % 3 == 0 ? "cheese" : "wine"
            return "[\"row\($0 &* 104_729 % count)\",{\"type\":\"\(type)\"}]"
        }
        for (name, sets, sequences) in [("alone", 0, 0), ("a set", 1, 0), ("a sequence", 0, 1)] {
            var doc = ReplicatedDoc<JSONValue>()
            if sets > 0 { doc.declareSet("set", where: "type", equals: "cheese") }
            if sequences > 0 { doc.declareSequence("sequence", where: "type", equals: "cheese") }
            for update in adding { doc.apply(update) }
            let seconds = medianMeasured {
                var copy = doc
                // Not measured: the first change copies what both documents share.
                copy.apply(toggling[0])
                let start = ContinuousClock.now
                for update in toggling { copy.apply(update) }
                return (ContinuousClock.now - start).seconds
            }
            rows.append(
                Row(
                    name: "one update of \(count) rows, \(name)",
                    value: seconds / Double(toggling.count) * 1e6, unit: "µs",
                    goal: "grows as log n"))
        }
    }
    rows += try sequenceBenchmarks()
    return rows
}

private func sequenceBenchmarks() throws -> [Row] {
    let count = 100_000
    var random = SplitMix64(seed: 1)
    var time = 0.0
    guard let source = Source("A") else { return [] }
    var doc = ReplicatedDoc<JSONValue>()
    doc.declareSequence("todo", where: "list", equals: "todo")
    func write(_ payload: Payload?) {
        time += 1
        guard let payload, let timestamp = Timestamp(time) else { return }
        doc.apply(Update(payload: payload, timestamp: timestamp, source: source))
    }
    let pushing = try medianSeconds(1) {
        for number in 0..<count { write(try doc.makePush(PropertyKey("\(number)"), to: "todo")) }
    }
    let moving = medianSeconds(1) {
        for _ in 0..<count {
            let id = PropertyKey("\(Int.random(in: 0..<count, using: &random))")
            write(doc.makeMove(id, to: Int.random(in: 0..<count, using: &random), in: "todo"))
        }
    }
    keep(doc)
    return [
        Row(name: "pushing \(count) rows to a sequence", value: pushing * 1e3, unit: "ms"),
        Row(name: "moving \(count) rows at random", value: moving * 1e3, unit: "ms"),
    ]
}

/// The median of what a body has measured itself.
private func medianMeasured(_ repetitions: Int = 5, _ body: () throws -> Double) rethrows -> Double
{
    var seconds: [Double] = []
    for _ in 0..<repetitions { seconds.append(try body()) }
    return seconds.sorted()[seconds.count / 2]
}

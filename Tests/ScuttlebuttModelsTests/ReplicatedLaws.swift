// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

/// A random history of three sources, and the orders in which it may arrive.
struct RandomHistory {
    /// Each source's updates, ascending.
    private(set) var runs: [[Update]] = []

    /// Creates a history; equal timestamps of different sources are common in it.
    init(seed: UInt64, length: Int = 12, payload: (inout SplitMix64) -> String) {
        var random = SplitMix64(seed: seed)
        for name in ["A", "é", "😀"] {
            var time = 0
            let count = Int.random(in: 0...length, using: &random)
            runs.append(
                (0..<count).map { _ in
                    time += Int.random(in: 1...3, using: &random)
                    return update(name, Double(time), payload(&random))
                })
        }
    }

    /// Creates a history of given updates, each source's ascending.
    init(runs: [[Update]]) { self.runs = runs }

    /// All updates in agreed order.
    var agreed: [Update] { runs.joined().sorted { $0.stamp < $1.stamp } }

    /// All updates in a random order that keeps each source ascending, some of them again.
    func delivery(using random: inout SplitMix64) -> [Update] {
        var places = runs.map { _ in 0 }
        var result: [Update] = []
        while true {
            let open = runs.indices.filter { places[$0] < runs[$0].count }
            guard let run = open.randomElement(using: &random) else { return result }
            result.append(runs[run][places[run]])
            places[run] += 1
            if Int.random(in: 0..<4, using: &random) == 0,
                let again = result.randomElement(using: &random)
            {
                result.append(again)
            }
        }
    }
}

/// Checks what every replicated type promises, for one random history.
///
/// - Parameter retainsOwnBytes: Whether ``Replicated/retainedByteCount`` is the sum over the
///   history.
func expectLaws<Value: Replicated & Dumpable>(
    seed: UInt64, _ history: RandomHistory, retainsOwnBytes: Bool = true, _ make: () -> Value
) {
    var random = SplitMix64(seed: ~seed)
    var reference = make()
    for update in history.agreed { #expect(reference.apply(update) == .applied) }
    let (dump, retained) = (reference.dump, reference.history(since: VersionVector()))
    if retainsOwnBytes {
        #expect(reference.retainedByteCount == retained.reduce(0) { $0 + $1.byteCount })
    }
    for _ in 0..<4 {
        let delivery = history.delivery(using: &random)
        var value = make()
        for update in delivery { value.apply(update) }
        #expect(value.dump == dump, "any order ends alike")
        #expect(value.history(since: VersionVector()) == retained, "and remembers the same")
        #expect(value.retainedByteCount == reference.retainedByteCount)

        // A peer that joins in the middle by what is retained, and then hears the rest.
        let middle = Int.random(in: 0...delivery.count, using: &random)
        var (first, late) = (make(), make())
        for update in delivery[..<middle] { first.apply(update) }
        for update in first.history(since: VersionVector()) { late.apply(update) }
        #expect(late.dump == first.dump, "what is retained says all")
        var rest = history.delivery(using: &random)
        rest.removeAll { delivery[..<middle].contains($0) }
        for update in rest { late.apply(update) }
        #expect(late.dump == dump, "and goes on saying all")
        #expect(late.history(since: VersionVector()) == retained)
    }
    expectDeltas(reference, retained, using: &random)
}

/// Checks that bounded deltas are what `history(since:)` gives, piece by piece.
func expectDeltas(
    _ value: some Replicated, _ retained: [Update], using random: inout SplitMix64
) {
    var known = VersionVector()
    var pieces: [Update] = []
    while pieces.count <= retained.count {
        let limit = DeltaLimit(
            updates: Int.random(in: 1...3, using: &random),
            bytes: Int.random(in: 1...60, using: &random))
        let rest = value.history(since: known)
        let delta = value.delta(since: known, limit: limit)
        #expect(delta.count <= limit.updates)
        #expect(delta.isEmpty == rest.isEmpty)
        for source in Set(rest.map(\.source)) {
            let piece = delta.filter { $0.source == source }
            #expect(rest.filter { $0.source == source }.starts(with: piece))
        }
        guard !delta.isEmpty else { break }
        for update in delta { known.advance(update.source, to: update.timestamp) }
        pieces += delta
    }
    #expect(pieces.sorted { $0.stamp < $1.stamp } == retained.sorted { $0.stamp < $1.stamp })
    #expect(value.history(since: known).isEmpty)
}

/// What a value has after these payloads, one source writing them one after the other.
func written<Value: Replicated>(_ value: Value, _ payloads: String...) -> Value {
    var value = value
    for (index, payload) in payloads.enumerated() {
        value.apply(update("A", Double(index + 1), payload))
    }
    return value
}

/// The plain export as text.
func dumpText(_ value: some Dumpable) -> String { String(decoding: value.dump, as: UTF8.self) }

/// Whether the value refuses each payload and stays what it was.
func expectRefused(_ value: some Replicated & Dumpable, _ payloads: [String]) {
    let before = (value.dump, value.history(since: VersionVector()), value.retainedByteCount)
    for payload in payloads {
        var copy = value
        guard case .refused(let reason) = copy.apply(update("Z", 1_000, payload)) else {
            Issue.record("takes \(payload)")
            continue
        }
        #expect(!reason.isEmpty)
        #expect(copy.dump == before.0, "\(payload)")
        #expect(copy.history(since: VersionVector()) == before.1)
        #expect(copy.retainedByteCount == before.2)
    }
}

/// Payloads that no type may trap on: not JSON, cut off, and nested as no decoder lets through.
let hostilePayloads: [String] = [
    "", " ", "\"", "[", "[\"", "[\"a", "[\"a\"", "[\"a\",", "{", "{\"", "{\"a\"", "{\"a\":",
    "{\"push\":", "{\"push\":{", "[\"\\", "[\"\\u", "[\"\\ud800\",", "]", "}", ",", ":", "[,]",
    "{,}", "{:}", "[[", "[\"a\",{", "[\"a\",{\"b\":", "nul", "\u{0}",
    String(repeating: "[", count: 100_000),
    "[\"a\"," + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        + "]",
    "[\"a\"," + String(repeating: "{\"a\":", count: 100_000) + "1"
        + String(repeating: "}", count: 100_000) + "]",
    "{\"push\":" + String(repeating: "{\"a\":", count: 100_000) + "1"
        + String(repeating: "}", count: 100_000) + "}",
]

/// Takes all hostile payloads, whatever the answer, and exports.
func expectNoTraps(_ value: some Replicated & Dumpable) {
    var value = value
    for (index, payload) in hostilePayloads.enumerated() {
        value.apply(update("H", Double(index + 1), payload))
        _ = value.dump
    }
    _ = value.history(since: VersionVector())
}

/// String literals of keys that some language would confuse or stumble over.
let hostileKeys: [String] = [
    "\"\"", "\"__proto__\"", "\"toString\"", "\"constructor\"", "\"error\"", "\"10\"", "\"9\"",
    "\"010\"", "\"4294967295\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\u{e9}\"", "\"e\u{301}\"",
    "\"😀\"", "\"\\uffff\"", "\"a\\u0000\"", "\"\\u0061\"",
]

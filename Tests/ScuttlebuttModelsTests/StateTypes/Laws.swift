// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// The laws that every replicated type has to keep, each for one seed.
enum Laws<Subject: LawSubject & Mergeable> {
    private typealias Events = [Event<Subject.Operation>]

    /// Any order that keeps cause before effect gives the state of the agreed order.
    static func linearExtensions(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let events = history(&random)
        let agreed = Subject.after(events.sorted { $0.stamp < $1.stamp })
        for _ in 0..<2 {
            let extended = CausalHistory<Subject>.linearExtension(of: events, &random)
            let state = Subject.after(extended)
            #expect(state == agreed)
            #expect(try bytes(state) == bytes(agreed))
        }
    }

    /// Any order at all, with repetitions, gives the same state, also of hostile operations.
    static func permutations(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let events = history(&random) + hostile(&random)
        let agreed = Subject.after(events.sorted { $0.stamp < $1.stamp })
        for _ in 0..<2 {
            let repeated = events + events.shuffled(using: &random).prefix(10)
            let state = Subject.after(repeated.shuffled(using: &random))
            #expect(state == agreed)
            #expect(state.view == agreed.view)
            #expect(try bytes(state) == bytes(agreed))
        }
    }

    /// The states of any sets of operations join to the state of all.
    static func joins(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let events = history(&random) + (seed % 2 == 0 ? [] : hostile(&random))
        let parts = (0..<3).map { _ in
            Set(events.indices.filter { _ in Bool.random(using: &random) })
        }
        let states = parts.map { part in
            Subject.after(part.sorted().shuffled(using: &random).map { events[$0] })
        }
        let (a, b, c) = (states[0], states[1], states[2])
        #expect(a.merged(with: a) == a)
        #expect(a.merged(with: Subject()) == a)
        #expect(a.merged(with: b) == b.merged(with: a))
        #expect(a.merged(with: b).merged(with: c) == a.merged(with: b.merged(with: c)))
        #expect(a.merged(with: b).merged(with: b) == a.merged(with: b))
        let both = Subject.after(parts[0].union(parts[1]).sorted().map { events[$0] })
        #expect(a.merged(with: b) == both)
    }

    /// A state and an operation that were written down and read go on as if nothing had happened.
    static func coding(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let events = history(&random) + hostile(&random)
        let half = events.count / 2
        var state = Subject.after(events[..<half])
        let read = try JSONDecoding().decode(Subject.self, from: bytes(state))
        #expect(read == state)
        #expect(try bytes(read) == bytes(state))
        if let newest = events[..<half].map(\.stamp).max(), seed % 2 == 0 {
            state.compact(stableBefore: newest)
        }
        var continued = try JSONDecoding().decode(Subject.self, from: bytes(state))
        #expect(continued == state)
        for event in events[half...] {
            let coded = try JSONEncoding().encode(event.operation)
            let operation = try JSONDecoding().decode(Subject.Operation.self, from: coded)
            #expect(operation == event.operation)
            continued.apply(operation, at: event.stamp)
            state.apply(event.operation, at: event.stamp)
        }
        #expect(continued == state)
    }

    /// A compaction at a place that everybody has seen changes nothing that an app sees, neither
    /// then nor later.
    static func compaction(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var history = CausalHistory<Subject>()
        history.run(30, &random)
        history.settle()
        let stable = history.events
        history.run(30, &random)
        let later = Array(history.events[stable.count...])
        guard let horizon = later.map(\.stamp).min() else { return }

        let plain = Subject.after(history.events)
        var early = Subject.after(stable)
        let before = early.view
        early.compact(stableBefore: horizon)
        #expect(early.view == before)
        // Late duplicates of what is stable do nothing.
        for event in stable { early.apply(event.operation, at: event.stamp) }
        let tardy = hostile(&random).filter { $0.stamp < horizon }
        expectReport(of: tardy, in: early, Subject.after(stable))
        var compacted = early
        for event in later { compacted.apply(event.operation, at: event.stamp) }
        #expect(compacted.view == plain.view)
        var shuffled = early
        for event in later.shuffled(using: &random) {
            shuffled.apply(event.operation, at: event.stamp)
        }
        #expect(shuffled == compacted)
        // Compacting late is as good as compacting early.
        var late = plain
        late.compact(stableBefore: horizon)
        #expect(late.view == plain.view)
        #expect(try bytes(late) == bytes(compacted))

        // A replica that has not compacted joins one that has.
        let some = later.filter { _ in Bool.random(using: &random) }
        let behind = Subject.after(stable.filter { _ in Bool.random(using: &random) } + some)
        #expect(behind.merged(with: compacted) == compacted.merged(with: behind))
        #expect(compacted.merged(with: behind) == compacted)
        let full = Subject.after(stable + some)
        #expect(full.merged(with: early) == early.merged(with: full))
        var expected = early
        for event in some { expected.apply(event.operation, at: event.stamp) }
        #expect(early.merged(with: full) == expected)
    }

    /// An operation that comes too late for a compaction has its effect all the same, or says so.
    private static func expectReport(of late: Events, in compacted: Subject, _ plain: Subject) {
        for event in late {
            var (own, other) = (compacted, plain)
            #expect(other.apply(event.operation, at: event.stamp) == .applied)
            switch own.apply(event.operation, at: event.stamp) {
            case .tooLate: #expect(own == compacted)
            case .applied: #expect(own.view == other.view)
            }
        }
    }

    /// Reading damaged bytes of a state throws or gives a state; applying to it never traps.
    static func damage(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let events = history(&random)
        let original = try bytes(Subject.after(events))
        for _ in 0..<8 {
            var damaged = original
            for _ in 0..<Int.random(in: 1...3, using: &random) where !damaged.isEmpty {
                let index = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged[index] = UInt8.random(in: 0x20...0x7E, using: &random)
                case 1: damaged.remove(at: index)
                case 2: damaged[index] = UInt8(ascii: "9")
                default: damaged.swapAt(index, Int.random(in: 0..<damaged.count, using: &random))
                }
            }
            guard var state = try? JSONDecoding().decode(Subject.self, from: damaged) else {
                continue
            }
            for event in events { state.apply(event.operation, at: event.stamp) }
            if let last = events.last { state.compact(stableBefore: last.stamp) }
            state.merge(Subject.after(events))
            _ = state.view
        }
    }

    private static func history(_ random: inout SplitMix64) -> Events {
        var history = CausalHistory<Subject>()
        history.run(40, &random)
        return history.events
    }

    /// Operations with stamps that no peer of the history uses.
    private static func hostile(_ random: inout SplitMix64) -> Events {
        (0..<8).map { number in
            Event(
                stamp: stamp(
                    ["é0", "hostile"][number % 2],
                    number == 7
                        ? Timestamp.maximum.value
                        : Double(Int.random(in: 1...40, using: &random)) + Double(number) / 16
                            + 0.03125),
                operation: Subject.hostile(&random), seen: [])
        }
    }

    private static func bytes(_ value: Subject) throws -> [UInt8] {
        try JSONEncoding().encode(value)
    }
}

extension SplitMix64 {
    /// Keys that must not be taken for each other: two spellings of one letter, a name that kills
    /// JavaScript objects, half a surrogate pair.
    mutating func key() -> PropertyKey {
        let literals = [
            #""a""#, #""\u00e9""#, #""e\u0301""#, #""__proto__""#, #""\ud83d""#, #""""#,
        ]
        let bytes = Array(literals[Int.random(in: 0..<literals.count, using: &self)].utf8)
        return bytes.withUnsafeBufferPointer { PropertyKey(0..<$0.count, in: $0) } ?? "?"
    }

    /// Stamps that nobody may have seen.
    mutating func observed() -> ObservedStamps {
        ObservedStamps(
            (0..<Int.random(in: 0...4, using: &self)).map { _ in
                stamp(
                    ["é0", "é1", "é2", "nobody"].randomElement(using: &self) ?? "",
                    [1, 3, 10, 20.5, Timestamp.maximum.value].randomElement(using: &self) ?? 1)
            })
    }

    mutating func one(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

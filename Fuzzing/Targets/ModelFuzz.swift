// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// Programs of updates for a replicated data type: what every type promises is tried on each.
///
/// For a type of your own, make a target with ``FuzzTarget/model(_:templates:make:)``.
enum ModelFuzz {
    /// A payload with `%` for what the program chooses: `%k` a key, `%v` any value, `%o` an object,
    /// `%t` a timestamp, `%s` a source, `%i` the id `source:timestamp` of an update.
    typealias Template = String

    static let keys = ["a", "b", "1", "0", "__proto__", "\\u00e9", ""]
    static let values = [
        "1", "null", "\"x\"", "[]", "{}", "true", "-0", "1e400", "\"\\ud800\"", "{\"a\":1,\"a\":2}",
        "[[1],null]", "0.5",
    ]
    static let objects = ["{}", "{\"a\":1}", "{\"a\":null,\"b\":[]}", "{\"1\":\"x\",\"a\":{}}"]

    static func payload(
        _ templates: [Template], _ program: inout FuzzProgram
    ) -> (payload: Payload, isJSON: Bool) {
        let choice = Int(program.byte())
        // One in eight is whatever bytes follow.
        guard choice & 7 != 7, !templates.isEmpty else {
            let bytes = program.bytes(program.below(48)).filter { $0 != 0x0A }
            return (bytes, NaiveJSON(bytes) != nil)
        }
        var payload: Payload = []
        var isChoice = false
        for byte in templates[(choice >> 3) % templates.count].utf8 {
            if !isChoice {
                isChoice = byte == UInt8(ascii: "%")
                if !isChoice { payload.append(byte) }
                continue
            }
            isChoice = false
            switch byte {
            case UInt8(ascii: "k"): payload += keys[program.below(keys.count)].utf8
            case UInt8(ascii: "v"): payload += values[program.below(values.count)].utf8
            case UInt8(ascii: "o"): payload += objects[program.below(objects.count)].utf8
            case UInt8(ascii: "s"): payload += ["A", "B", "C"][program.below(3)].utf8
            case UInt8(ascii: "t"): payload += "\(program.below(16))".utf8
            default: payload += "\(["A", "B", "C"][program.below(3)]):\(program.below(16))".utf8
            }
        }
        return (payload, true)
    }

    /// Updates of three sources, each source's ascending, in the order in which they arrive first.
    private static func updates(
        _ templates: [Template], _ program: inout FuzzProgram
    ) -> (updates: [Update], areJSON: Bool) {
        var areJSON = true
        let sources = ["A", "B", "C"].compactMap { Source($0) }
        var times = [0.0, 0.0, 0.0]
        var updates: [Update] = []
        while !program.isOver, updates.count < 16 {
            let choice = Int(program.byte())
            times[choice % 3] += Double(1 + choice / 3 % 4)
            guard let timestamp = Timestamp(times[choice % 3]) else { continue }
            let (payload, isJSON) = payload(templates, &program)
            areJSON = areJSON && isJSON
            updates.append(
                Update(
                    payload: payload, timestamp: timestamp,
                    source: sources[choice % 3],
                    tail: choice < 224 ? nil : Array(",\(times[choice % 3]),\"signed\"]".utf8)))
        }
        return (updates, areJSON)
    }

    static func run<Value: Replicated & Dumpable>(
        _ bytes: [UInt8], _ templates: [Template], _ make: () -> Value
    ) throws {
        var program = FuzzProgram(bytes)
        let (updates, areJSON) = updates(templates, &program)
        var refused: Set<Stamp> = []
        let value = try filled(make(), updates, listens: true, &refused)
        let dump = value.dump
        if !refused.isEmpty, areJSON {
            let accepted = updates.filter { !refused.contains($0.stamp) }
            let other = try filled(make(), accepted)
            try expect(other.dump == dump, "what is refused changes the value")
        }
        // Nobody vouches for what a type makes of bytes that are no JSON; it must not trap.
        guard areJSON else { return }
        try expect(NaiveJSON(dump) != nil, "the dump is no JSON: \(text(dump))")

        let bySource = updates.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            return a.source == b.source ? left.offset < right.offset : b.source < a.source
        }.map(\.element)
        for (name, order) in [
            ("one source after the other", bySource),
            ("the agreed order", updates.sorted { $0.stamp < $1.stamp }),
        ] {
            let other = try filled(make(), order)
            try expect(other.dump == dump, "\(name): \(text(other.dump)), not \(text(dump))")
        }
        try checkHistory(of: value, dump, make)
    }

    private static func filled<Value: Replicated & Dumpable>(
        _ empty: Value, _ updates: [Update]
    ) throws -> Value {
        var refused: Set<Stamp> = []
        return try filled(empty, updates, listens: false, &refused)
    }

    private static func filled<Value: Replicated & Dumpable>(
        _ empty: Value, _ updates: [Update], listens: Bool, _ refused: inout Set<Stamp>
    ) throws -> Value {
        var value = empty
        var changes: [Value.Change]? = listens ? [] : nil
        for update in updates {
            let bytes = value.retainedByteCount
            if case .refused = value.apply(update, changes: &changes) {
                try expect(value.retainedByteCount == bytes, "what is refused is retained")
                refused.insert(update.stamp)
            }
            try expect(value.retainedByteCount >= 0, "less than nothing is retained")
        }
        return value
    }

    /// A fresh value becomes equal by the history, at once or in pieces.
    private static func checkHistory<Value: Replicated & Dumpable>(
        of value: Value, _ dump: [UInt8], _ make: () -> Value
    ) throws {
        let history = value.history(since: VersionVector())
        var seen = VersionVector()
        for update in history {
            try expect(
                seen.advance(update.source, to: update.timestamp),
                "history out of order at \(update.stamp)")
        }
        try expect(value.history(since: seen).isEmpty, "history that was covered")
        let copy = try filled(make(), history)
        try expect(copy.dump == dump, "from its history: \(text(copy.dump)), not \(text(dump))")
        try expect(copy.history(since: VersionVector()) == history, "another history of the copy")
        try expect(
            copy.retainedByteCount == value.retainedByteCount, "other bytes are retained")

        var (pieced, known) = (make(), VersionVector())
        for limit in 1...(history.count + 1) {
            let limit = DeltaLimit(updates: 1 + limit % 3, bytes: limit % 2 == 0 ? .max : 40)
            let delta = value.delta(since: known, limit: limit)
            if delta.isEmpty { break }
            for update in delta {
                try expect(known.advance(update.source, to: update.timestamp), "a piece twice")
                pieced.apply(update)
            }
        }
        try expect(value.history(since: known).isEmpty, "the pieces are not all")
        try expect(pieced.dump == dump, "from pieces: \(text(pieced.dump)), not \(text(dump))")
    }
}

extension FuzzTarget {
    /// A target for a replicated data type.
    ///
    /// - Parameters:
    ///   - templates: Payloads that mean something to the type; see ``ModelFuzz/Template``.
    ///   - make: Makes an empty value.
    static func model(
        _ name: String, templates: [ModelFuzz.Template],
        make: @escaping @Sendable () -> some Replicated & Dumpable
    ) -> FuzzTarget {
        FuzzTarget("model-" + name, dictionary: "json", maximumByteCount: 128, build: .machines) {
            bytes in
            try ModelFuzz.run(bytes, templates, make)
        }
    }
}

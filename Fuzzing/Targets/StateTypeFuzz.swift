// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

/// One of the types that reducers apply operations to, and what operations on it look like.
///
/// In a template `%k` is a key, `%v` any value, `%n` an amount, `%s` stamps that were seen, `%i`
/// the name of an item, `%p` a place in a list.
struct StateTypeSubject: Sendable {
    private let templates: [String]
    private let runProgram: @Sendable (inout FuzzProgram, [String]) throws -> Void
    private let runState: @Sendable ([[UInt8]]) throws -> Void

    init<Value: CommutingOperations & Mergeable>(_ type: Value.Type, _ templates: [String]) {
        self.templates = templates
        runProgram = { program, templates in
            try StateTypeFuzz.run(Value.self, templates, &program)
        }
        runState = { lines in try StateTypeFuzz.runState(Value.self, lines) }
    }

    /// Tries the laws on operations that the program chooses.
    func run(_ program: inout FuzzProgram) throws { try runProgram(&program, templates) }

    /// Decodes a state from the first line and operations from all others.
    func run(_ lines: [[UInt8]]) throws { try runState(lines) }

    static let all: [StateTypeSubject] = [
        StateTypeSubject(GCounter.self, ["{\"increment\":{\"by\":%n}}"]),
        StateTypeSubject(
            PNCounter.self, ["{\"add\":{\"amount\":%n}}", "{\"reset\":{\"observed\":%s}}"]),
        StateTypeSubject(
            EnableWinsFlag.self, ["{\"enable\":{}}", "{\"disable\":{\"observed\":%s}}"]),
        StateTypeSubject(
            DisableWinsFlag.self, ["{\"disable\":{}}", "{\"enable\":{\"observed\":%s}}"]),
        StateTypeSubject(LWWRegister<JSONValue>.self, ["{\"write\":{\"value\":%v}}"]),
        StateTypeSubject(
            MVRegister<JSONValue>.self,
            ["{\"write\":{\"value\":%v,\"observed\":%s}}", "{\"clear\":{\"observed\":%s}}"]),
        StateTypeSubject(
            LWWMap<PropertyKey, JSONValue>.self,
            ["{\"set\":{\"key\":%k,\"value\":%v}}", "{\"remove\":{\"key\":%k}}"]),
        StateTypeSubject(GSet<PropertyKey>.self, ["{\"insert\":{\"element\":%k}}"]),
        StateTypeSubject(
            TwoPhaseSet<PropertyKey>.self,
            ["{\"insert\":{\"element\":%k}}", "{\"remove\":{\"element\":%k}}"]),
        StateTypeSubject(ORSet<PropertyKey>.self, setTemplates),
        StateTypeSubject(
            RemoveWinsSet<PropertyKey>.self,
            ["{\"add\":{\"element\":%k,\"observed\":%s}}", "{\"remove\":{\"element\":%k}}"]),
        StateTypeSubject(ORMap<PropertyKey, ORSet<PropertyKey>>.self, mapTemplates),
        StateTypeSubject(
            MovableList<JSONValue>.self,
            [
                "{\"insert\":{\"elements\":[%v,%v],\"at\":%p}}",
                "{\"insert\":{\"elements\":[%v],\"at\":%p}}",
                "{\"remove\":{\"items\":[%i,%i]}}", "{\"move\":{\"item\":%i,\"to\":%p}}",
                "{\"replace\":{\"item\":%i,\"with\":%v}}",
            ]),
        StateTypeSubject(
            MovableTree<PropertyKey, JSONValue>.self,
            [
                "{\"node\":%k,\"parent\":{\"node\":{\"node\":%k}},\"value\":%v}",
                "{\"node\":%k,\"parent\":{\"root\":{}},\"value\":%v}",
                "{\"node\":%k,\"parent\":{\"trash\":{}},\"value\":%v}",
                "{\"node\":%k,\"parent\":{\"trash\":{}},\"seen\":%s}",
                "{\"node\":%k,\"parent\":{\"node\":{\"node\":%k}}}",
                "{\"node\":%k,\"value\":%v}",
            ]),
    ]

    private static let setTemplates = [
        "{\"add\":{\"element\":%k}}", "{\"remove\":{\"element\":%k,\"observed\":%s}}",
        "{\"clear\":{\"removals\":[{\"element\":%k,\"observed\":%s}]}}",
    ]

    private static let mapTemplates =
        setTemplates.map { "{\"update\":{\"key\":%k,\"operation\":\($0)}}" } + [
            "{\"remove\":{\"key\":%k,\"observed\":%s}}",
            "{\"remove\":{\"key\":%k,\"observed\":%s,\"clearing\":"
                + "{\"clear\":{\"removals\":[{\"element\":%k,\"observed\":%s}]}}}}",
            "{\"clear\":{\"removals\":[{\"key\":%k,\"observed\":%s}]}}",
        ]
}

/// What all types that reducers use promise (see `CommutingOperations` and `Mergeable`).
enum StateTypeFuzz {
    private static let sources = ["A", "B", "C"].map { source($0) }
    private static let keys = ["\"a\"", "\"b\"", "\"1\"", "\"\\u00e9\""]
    private static let values = ["1", "\"x\"", "[]", "null", "0.5", "{\"a\":1}"]
    private static let amounts = [
        "1", "2", "0", "-1", "-5", "9007199254740991", "9007199254740993", "9223372036854775807",
        "-9223372036854775808",
    ]

    private struct Step<Operation> {
        let operation: Operation
        let stamp: Stamp
    }

    static func run<Value: CommutingOperations & Mergeable>(
        _ type: Value.Type, _ templates: [String], _ program: inout FuzzProgram
    ) throws {
        var steps: [Step<Value.Operation>] = []
        var stamps: Set<Stamp> = []
        let horizon = stamp(&program)
        while !program.isOver, steps.count < 8 {
            let choice = program.below(256)
            let json = filled(templates[choice % templates.count], &program)
            let stamp = stamp(&program)
            // One operation per stamp: what the caller promises.
            guard stamps.insert(stamp).inserted else { continue }
            let operation: Value.Operation
            do {
                operation = try JSONDecoding().decode(
                    Value.Operation.self, from: Array(json.utf8))
            } catch {
                throw Finding("\(Value.self) does not read \(json): \(error)")
            }
            steps.append(Step(operation: operation, stamp: stamp))
        }
        let value = applied(steps, to: Value())
        let sorted = applied(steps.sorted { $0.stamp < $1.stamp }, to: Value())
        try expect(sorted == value, "\(Value.self) in order \(sorted), else \(value)")
        try expect(applied(steps, to: value) == value, "\(Value.self): once more, \(value)")
        let parts = [0, 1].map { part in
            applied(steps.enumerated().filter { $0.offset & 1 == part }.map(\.element), to: Value())
        }
        try expect(parts[0].merged(with: parts[1]) == value, "\(Value.self) joined, \(value)")
        try expect(parts[1].merged(with: parts[0]) == value, "\(Value.self) joined back, \(value)")
        try expect(value.merged(with: parts[0]) == value, "\(Value.self) joined with its part")
        try checkCoding(value)
        var compacted = value
        compacted.compact(stableBefore: horizon)
        try checkCoding(compacted)
        let again = applied(steps.filter { $0.stamp < horizon }, to: compacted)
        try expect(again == compacted, "\(Value.self) applied before its horizon: \(again)")
    }

    /// Bytes that a peer or a file brought: nobody vouches for the laws, but nothing may trap.
    static func runState<Value: CommutingOperations & Mergeable>(
        _ type: Value.Type, _ lines: [[UInt8]]
    ) throws {
        guard let first = lines.first else { return }
        var value = Value()
        if let state = try? JSONDecoding().decode(Value.self, from: first) {
            try checkCoding(state)
            value = state
        }
        for (index, line) in lines.dropFirst().prefix(12).enumerated() {
            guard let time = Timestamp(Double(index + 1)),
                let operation = try? JSONDecoding().decode(Value.Operation.self, from: line)
            else { continue }
            value.apply(operation, at: Stamp(timestamp: time, source: sources[index % 3]))
        }
        try checkCoding(value)
        value.merge(value)
        value.merge(Value())
        if let time = Timestamp(4) {
            value.compact(stableBefore: Stamp(timestamp: time, source: sources[1]))
        }
        try checkCoding(value)
    }

    private static func applied<Value: OperationBased>(
        _ steps: [Step<Value.Operation>], to value: Value
    ) -> Value {
        var value = value
        for step in steps { value.apply(step.operation, at: step.stamp) }
        return value
    }

    private static func checkCoding<Value: Codable & Equatable>(_ value: Value) throws {
        let encoded = try JSONEncoding().encode(value)
        let decoded = try JSONDecoding().decode(Value.self, from: encoded)
        try expect(decoded == value, "\(text(encoded)) became \(decoded)")
        let again = try JSONEncoding().encode(decoded)
        try expect(again == encoded, "encoded in two ways: \(text(encoded)), \(text(again))")
    }

    // MARK: Choosing

    private static func stamp(_ program: inout FuzzProgram) -> Stamp {
        let choice = program.below(24)
        return Stamp(
            timestamp: Timestamp(Double(1 + choice / 3)) ?? .clockCeiling,
            source: sources[choice % 3])
    }

    private static func coded(_ stamp: Stamp) -> String {
        "\(stamp.timestamp.value),\"\(stamp.source.text)\""
    }

    private static func filled(_ template: String, _ program: inout FuzzProgram) -> String {
        var parts = template.split(separator: "%", omittingEmptySubsequences: false)[...]
        var json = String(parts.popFirst() ?? "")
        for part in parts {
            switch part.first {
            case "k": json += keys[program.below(keys.count)]
            case "v": json += values[program.below(values.count)]
            case "n": json += amounts[program.below(amounts.count)]
            case "s":
                let seen = (0..<program.below(4)).map { _ in "[\(coded(stamp(&program)))]" }
                json += "[\(seen.joined(separator: ","))]"
            case "i": json += item(&program)
            default:
                let side = program.below(4)
                json += "{\"side\":\(side & 1)"
                if side & 2 != 0 { json += ",\"parent\":" + item(&program) }
                json += "}"
            }
            json += part.dropFirst()
        }
        return json
    }

    private static func item(_ program: inout FuzzProgram) -> String {
        "[\(coded(stamp(&program))),\(program.below(2))]"
    }
}

extension FuzzTarget {
    /// The laws of the types that reducers use, on operations that mean something.
    static let reducing = FuzzTarget("reducing", maximumByteCount: 64, build: .machines) { bytes in
        var program = FuzzProgram(bytes)
        try StateTypeSubject.all[program.below(StateTypeSubject.all.count)].run(&program)
    }

    /// States and operations of the types that reducers use, from any bytes.
    ///
    /// How JSON is read is for the decoders' targets; here it is what the types make of it.
    static let reducingState = FuzzTarget(
        "reducing-state", dictionary: "reducing", build: .machines
    ) { bytes in
        guard let choice = bytes.first else { return }
        let lines = bytes[1...].split(separator: 0x0A, omittingEmptySubsequences: false)
        let subjects = StateTypeSubject.all
        try subjects[Int(choice) % subjects.count].run(lines.map { Array($0) })
    }
}

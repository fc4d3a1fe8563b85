// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Collects values from a `@Sendable` closure.
final class Collected<Element: Sendable>: Sendable {
    private let storage = Mutex<[Element]>([])
    var values: [Element] { storage.withLock { $0 } }
    func append(_ value: Element) { storage.withLock { $0.append(value) } }
}

extension StorageConformance {
    static func source(_ text: String) throws -> Source {
        guard let source = Source(text) else { throw ConformanceError("invalid source \(text)") }
        return source
    }

    static func update(
        _ source: Source, _ time: Double, _ payload: String, tail: String? = nil
    ) throws -> Update {
        guard let timestamp = Timestamp(time) else {
            throw ConformanceError("invalid timestamp \(time)")
        }
        return Update(
            payload: Array(payload.utf8), timestamp: timestamp, source: source,
            tail: tail.map { Array($0.utf8) })
    }

    static func update(_ text: String, _ time: Double, _ payload: String) throws -> Update {
        try update(try source(text), time, payload)
    }

    static func fingerprint(_ number: Int) throws -> Fingerprint {
        var bytes = [UInt8](repeating: 7, count: 32)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        guard let fingerprint = Fingerprint(bytes: bytes) else {
            throw ConformanceError("no fingerprint")
        }
        return fingerprint
    }

    /// Returns updates with everything that is easily lost: digits, empty and large payloads,
    /// tails, and invalid text.
    static func awkwardUpdates() throws -> [Update] {
        let times = [
            Double.leastNonzeroMagnitude, 0.1, 0.30000000000000004, 1, 1.0000000000000002,
            1_418_843_227_003.001,
            4_503_599_627_370_496.5, 9_007_199_254_740_991,
        ]
        var updates = try times.map { try update("A", $0, "{\"b\":1,\"a\":1.0}") }
        let b = try source("\u{10FFFF}\u{E000}")
        updates += [
            try update(b, 1, "", tail: ""),
            try update(b, 2, "\"\\u0000\"", tail: ",2e0,\"B\",\"signature\"]"),
            try update(b, 3, String(repeating: "x", count: 3 << 20)),
        ]
        if let last = Timestamp(4) {
            updates.append(
                Update(payload: [0xFF, 0x00, 0xC0], timestamp: last, source: b, tail: [0x80]))
        }
        return updates
    }

    static func bySource(_ updates: [Update]) -> [Source: [Update]] {
        Dictionary(grouping: updates, by: \.source)
    }

    /// Returns everything a storage loads, by source and in the order of loading.
    static func everything(in log: any LogStorage) async throws -> [Source: [Update]] {
        let collected = Collected<[Update]>()
        try await log.load { collected.append($0) }
        return bySource(collected.values.flatMap { $0 })
    }

    static func expect<Value: Equatable>(
        _ found: Value, _ expected: Value, _ what: String
    ) throws {
        guard found != expected else { return }
        throw ConformanceError(
            "\(what): \("\(found)".prefix(200)) instead of \("\(expected)".prefix(200))")
    }

    static func expect(
        _ found: [Source: [Update]], _ expected: [Update], _ what: String
    ) throws { try expect(found, bySource(expected), what) }
}

// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// Durable appends, and what a restart costs.
func storageBenchmarks() async throws -> [Row] {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("scuttlebutt-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var rows: [Row] = []

    let count = 200_000
    let durable = try await medianSeconds(3) { () -> Double in
        let path = folder.appendingPathComponent("\(UUID().uuidString).sqlite").path
        let storage = try SQLiteStorage.open(path, mode: .createIfMissing)
        let store = try await GossipStore(
            initial: 0, reducer: Reducer<Int, RawAction> { count, _ in count += 1 }, codec: .raw,
            storage: storage)
        let start = ContinuousClock.now
        for number in 0..<count { store.dispatch(rawAction(number)) }
        try await store.flush()
        let seconds = (ContinuousClock.now - start).seconds
        await store.shutDown()
        return seconds
    }
    rows.append(
        Row(
            name: "dispatch until durable, group commit", value: Double(count) / durable,
            unit: "actions/s ", goal: "≥ 100,000"))

    let million = 1_000_000
    let path = folder.appendingPathComponent("million.sqlite").path
    let storage = try SQLiteStorage.open(path, mode: .createIfMissing)
    var generator = SystemRandomNumberGenerator()
    let source = try await storage.source(proposing: .random(using: &generator))
    var batch: [Update] = []
    for number in 1...million {
        guard let timestamp = Timestamp(Double(number)) else { continue }
        batch.append(
            Update(payload: rawAction(number).payload, timestamp: timestamp, source: source))
        if batch.count == 10_000 {
            try await storage.append(batch)
            batch = []
        }
    }
    await storage.close()
    let recovery = try await medianSeconds(3) { () -> Double in
        let start = ContinuousClock.now
        let storage = try SQLiteStorage.open(path, mode: .existing)
        let store = try await GossipStore(
            initial: 0, reducer: Reducer<Int, RawAction> { count, _ in count += 1 }, codec: .raw,
            storage: storage)
        let seconds = (ContinuousClock.now - start).seconds
        guard store.state == million else { throw BenchmarkFailure(message: "not all recovered") }
        await store.shutDown()
        return seconds
    }
    rows.append(
        Row(
            name: "recovering 1,000,000 actions from SQLite into a store", value: recovery,
            unit: "s", goal: "< 3"))
    return rows
}

// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// A state of ten megabytes: 100,000 texts, of which each action replaces one.
private struct Shelf: Codable, Hashable, Sendable {
    var count = 0
    var texts = (0..<100_000).map { number in
        "a text of about a hundred bytes, which is number \(number) of a hundred thousand texts"
    }
}

private let shelving = Reducer<Shelf, RawAction> { shelf, action in
    shelf.texts[shelf.count % shelf.texts.count] = String(decoding: action.payload, as: UTF8.self)
    shelf.count += 1
}

/// Whether dispatching waits for checkpoints of a large state.
func checkpointBenchmarks() async throws -> [Row] {
    var rows: [Row] = []
    for interval in [nil, 20_000] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("scuttlebutt-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let storage = try SQLiteStorage.open(
            folder.appendingPathComponent("store.sqlite").path, mode: .createIfMissing)
        var checkpoints: Checkpoints<Shelf>?
        if let interval {
            checkpoints = Checkpoints(.canonical, reducerVersion: "1")
            checkpoints?.interval = interval
        }
        let store = try await GossipStore(
            initial: Shelf(), reducer: shelving, codec: .raw, storage: storage,
            checkpoints: checkpoints)
        let count = 600_000
        var waits: [Double] = []
        waits.reserveCapacity(count)
        let start = ContinuousClock.now
        for number in 0..<count {
            let before = ContinuousClock.now
            store.dispatch(rawAction(number))
            waits.append((ContinuousClock.now - before).seconds)
            // What waits to be saved is bounded.
            if number % 20_000 == 19_999 { try await store.flush() }
        }
        let seconds = (ContinuousClock.now - start).seconds
        waits.sort()
        let name = interval == nil ? "without" : "with \(store.checkpointsStored)"
        rows += [
            Row(
                name: "dispatches with a state of 10 MB, \(name) checkpoints",
                value: Double(count) / seconds, unit: "actions/s ",
                goal: interval == nil ? "" : "0.9 of that without"),
            Row(
                name: "the longest dispatch but ten of these", value: waits[count - 11] * 1e3,
                unit: "ms", goal: interval == nil ? "" : "2"),
            Row(name: "the longest", value: waits[count - 1] * 1e3, unit: "ms", goal: ""),
        ]
        await store.shutDown()
    }
    return rows
}

// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// A state of about a megabyte: a count and the newest 9,000 actions.
private struct Notes: Codable, Hashable, Sendable {
    var count = 0
    var newest: [String] = []
}

private let noting = Reducer<Notes, RawAction> { notes, action in
    let text = String(decoding: action.payload, as: UTF8.self)
    if notes.newest.count < 9_000 {
        notes.newest.append(text)
    } else {
        notes.newest[notes.count % 9_000] = text
    }
    notes.count += 1
}

/// Until a new peer shows the state of a server with a million actions, over TCP, both with stores
/// in files.
func joinBenchmarks() async throws -> [Row] {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("scuttlebutt-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file() -> String { folder.appendingPathComponent("\(UUID().uuidString).sqlite").path }

    let million = 1_000_000
    let storage = try SQLiteStorage.open(file(), mode: .createIfMissing)
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
    let server = try await GossipStore(
        initial: Notes(), reducer: noting, codec: .raw, storage: storage,
        checkpoints: Checkpoints(.canonical, reducerVersion: "1"))
    while try await storage.checkpoints().last.map({ $0.count < million - 1_000 }) ?? true {
        try await Task.sleep(for: .milliseconds(20))
    }
    let bytes = try await storage.checkpoints().last?.stateByteCount ?? 0
    let listener = try await TCPListener.listen(host: "127.0.0.1", port: 0)
    server.swarm.listen(listener)

    func join(_ joining: Joining) async throws -> Double {
        var checkpoints = Checkpoints<Notes>(.canonical, reducerVersion: "1")
        checkpoints.joining = joining
        let storage = try SQLiteStorage.open(file(), mode: .createIfMissing)
        let client = try await GossipStore(
            initial: Notes(), reducer: noting, codec: .raw, storage: storage,
            checkpoints: checkpoints)
        let start = ContinuousClock.now
        client.connect(.tcp(host: "127.0.0.1", port: listener.port))
        try await waitUntil { client.withState { $0.count == million } }
        let seconds = (ContinuousClock.now - start).seconds
        await client.shutDown()
        return seconds
    }

    let joined = try await medianSeconds(5) { try await join(Joining()) }
    let folded = try await medianSeconds(3) { try await join(.off) }
    await server.shutDown()
    return [
        Row(
            name: "joining 1,000,000 actions with a state of \(bytes / 1_000) kB, until it shows",
            value: joined, unit: "s", goal: "a twentieth of the next"),
        Row(name: "the same by the whole history", value: folded, unit: "s", goal: ""),
    ]
}

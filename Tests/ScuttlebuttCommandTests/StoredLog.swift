// SPDX-License-Identifier: MIT

import Foundation
import GRDB
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import ScuttlebuttSecurity
import TestSupport
import Testing

@testable import ScuttlebuttCommand

/// A store of counter actions in a file, with whatever a test wants to be wrong with it.
struct StoredLog {
    let path: String
    /// What it holds, in agreed order.
    let updates: [Update]

    /// Creates a store of the newest version, or, as a reference, one that must be read as a whole.
    init(_ path: String, _ updates: [Update], isIndexed: Bool = true) async throws {
        self.path = path
        self.updates = updates.sorted { $0.stamp < $1.stamp }
        let storage = try SQLiteStorage.open(path, mode: .createIfMissing)
        if isIndexed { _ = try await storage.summary() }
        for start in stride(from: 0, to: updates.count, by: 1_000) {
            try await storage.append(Array(updates[start...].prefix(1_000)))
        }
        await storage.close()
    }

    /// Actions of several sources, some with the same timestamp, a fifth of which comes late.
    static func actions(_ count: Int, seed: UInt64 = 1) throws -> [Update] {
        var random = SplitMix64(seed: seed)
        var inOrder: [Update] = []
        for index in 0..<count {
            let source = ["C", "A", "B", "Ä", "AA"][index % 5]
            // Two sources in a row have the same timestamp.
            let kind = random.below(3) == 0 ? "INCREMENT_ODD" : "INCREMENT"
            let payload = "{\"type\":\"\(kind)\",\"n\":\(index)}"
            inOrder.append(try action(source, Double(index / 2 + 1), payload))
        }
        var late: [Update] = []
        var updates: [Update] = []
        for update in inOrder {
            if random.below(5) == 0 { late.append(update) } else { updates.append(update) }
            if late.count > 20, random.below(9) == 0 {
                updates += late
                late = []
            }
        }
        return updates + late
    }

    static func action(_ source: String, _ time: Double, _ payload: String) throws -> Update {
        Update(
            payload: Array(payload.utf8), timestamp: try #require(Timestamp(time)),
            source: try #require(Source(source)))
    }

    /// The `T@SOURCE` of the action after which there are `count` actions.
    func place(_ count: Int) -> String {
        let stamp = updates[count - 1].stamp
        return "\(Int(stamp.timestamp.value))@\(stamp.source.text)"
    }

    /// The counter after so many actions.
    func counter(_ count: Int) throws -> Int {
        var value = 0
        for update in updates.prefix(count) {
            let isOdd = String(decoding: update.payload, as: UTF8.self).contains("ODD")
            if !isOdd || value % 2 != 0 { value += 1 }
        }
        return value
    }

    /// A counter with any value.
    private struct Value: Codable { var value: Int }

    /// Stores a checkpoint that says that the counter has a value after so many actions.
    ///
    /// - Parameters:
    ///   - claim: The number of actions that it says it contains, if not `count`.
    ///   - hash: The hash that it has, if not that of its state.
    func file(
        after count: Int, counter: Int, version: String = "counter 1", claim: Int? = nil,
        hash: [UInt8]? = nil
    ) async throws {
        let bytes = try StateCoding<Value>.canonical.encode(Value(value: counter))
        let checkpoint = StoredCheckpoint(
            stamp: updates[count - 1].stamp, count: claim ?? count, vector: VersionVector(),
            reducerVersion: version, stateHash: hash ?? LogHash.sha256(bytes),
            logHash: [UInt8](repeating: 7, count: 32), stateByteCount: bytes.count)
        let storage = try SQLiteStorage.open(path, mode: .existing)
        #expect(try await storage.file(checkpoint, state: bytes, since: storage.mark()))
        await storage.close()
    }

    /// Rebuilds the index with a flaw that SQLite does not notice.
    ///
    /// - Parameters:
    ///   - columns: What the entries are made of.
    ///   - condition: Which updates get one.
    func damageIndex(columns: String, condition: String) throws {
        try change { database in
            let sql = try #require(
                try String.fetchOne(
                    database,
                    sql: "SELECT sql FROM sqlite_master WHERE name = 'updates_by_time'"))
            try database.execute(sql: "DROP INDEX updates_by_time")
            try database.execute(
                sql: "CREATE INDEX updates_by_time ON updates (\(columns)) WHERE \(condition)")
            try database.execute(sql: "PRAGMA writable_schema = ON")
            try database.execute(
                sql: "UPDATE sqlite_master SET sql = ? WHERE name = 'updates_by_time'",
                arguments: [sql])
            try database.execute(sql: "PRAGMA writable_schema = RESET")
        }
    }

    /// Changes the file behind the back of the program.
    func change(_ body: (Database) throws -> Void) throws {
        let database = try DatabaseQueue(path: path)
        try database.writeWithoutTransaction(body)
        try database.close()
    }

    /// What the updates are as lines.
    var lines: [String] {
        updates.map { update in
            var bytes: [UInt8] = []
            ClassicWire.append(update, to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

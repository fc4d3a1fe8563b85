// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite("Files in which updates follow newer ones of their source", .timeLimit(.minutes(20)))
struct LateFilesTests {
    /// A file that goes with the test.
    private final class File: Sendable {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "scuttlebutt-\(UUID().uuidString).jsonl"
        ).path
        init(_ lines: [String] = []) throws {
            guard !lines.isEmpty else { return }
            try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path))
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        var lines: [String] {
            get throws {
                try String(contentsOfFile: path, encoding: .utf8)
                    .split(separator: "\n").map(String.init)
            }
        }
    }

    private static func line(_ time: Int, _ source: String) -> String {
        "[{\"type\":\"\(source)\(time)\"},\(time),\"\(source)\"]"
    }

    private static func update(_ time: Int, _ source: String) throws -> Update {
        Update(
            payload: Array("{\"type\":\"\(source)\(time)\"}".utf8),
            timestamp: try #require(Timestamp(Double(time))),
            source: try #require(Source(source)))
    }

    private func store() throws -> GossipStore<[String], RawAction> {
        try GossipStore(
            initial: [],
            reducer: Reducer<[String], RawAction> { $0.append($1.type) }, codec: .raw)
    }

    @Test("An import accepts all of them, and counts repeated and bad lines as usual")
    func load() async throws {
        let times = [1, 5, 6, 2, 5, 3, 9, 4]
        let file = try File(
            ["{\"id\":\"X\",\"clock\":{}}"] + times.map { Self.line($0, "A") }
                + ["\"SYNC\"", "[{\"type\":5},3,\"B\"]", Self.line(5, "B")])
        let store = try store()
        let summary = try await WireLines.load(file.path, into: store.dispatcher)
        #expect(summary.updates == 10)
        #expect(summary.accepted == 8)
        let types = store.dispatcher.withReplica {
            $0.value.delta(since: VersionVector()).map { "\($0.source)\(Int($0.timestamp.value))" }
        }
        #expect(types == ["A1", "A2", "A3", "A4", "A5", "B5", "A6", "A9"])
        await store.shutDown()
    }

    @Test("A file longer than the held history is imported completely", arguments: [1, 25_000])
    func longFile(lateTime: Int) async throws {
        let times = (1...50_000).filter { $0 != lateTime } + [lateTime]
        let file = try File(times.map { Self.line($0, "A") })
        let store = try store()
        let summary = try await WireLines.load(file.path, into: store.dispatcher)
        #expect(summary.accepted == 50_000)
        await store.shutDown()
    }

    @Test("More sources than a log can have are told before anything is imported")
    func tooManySources() async throws {
        let sources = (1...ClassicWire.maximumSources).map { "S\($0)" }
        let file = try File(sources.map { Self.line(1, $0) })
        let store = try store()
        let error = await #expect(throws: StorageError.self) {
            try await WireLines.load(file.path, into: store.dispatcher)
        }
        #expect(error?.message.contains("from its update 65536 on") == true)
        #expect(store.dispatcher.updateCount == 0)
        await store.shutDown()
    }

    @Test("A bad line ends the import with its number, even after late ones")
    func badLine() async throws {
        let file = try File([Self.line(2, "A"), Self.line(1, "A"), "nonsense"])
        let store = try store()
        let error = await #expect(throws: StorageError.self) {
            try await WireLines.load(file.path, into: store.dispatcher)
        }
        #expect(error?.message.contains("line 3") == true)
        await store.shutDown()
    }

    @Test("An export contains each of them once, and is completed after a crash")
    func export() async throws {
        let (file, base) = (try File(), InMemoryStorage())
        var log = try ExportingStorage(path: file.path, base: base)
        let updates = try [1, 2, 3, 4, 5].map { try Self.update($0, "A") }
        try await log.append([updates[0], updates[4]])
        try await log.append([updates[2], updates[0], updates[2], updates[3]])
        #expect(try file.lines == [1, 5, 3, 4].map { Self.line($0, "A") })
        // Stored behind, but the process ended before it was exported.
        try await base.append([updates[1]])
        for _ in 0..<2 {
            await log.close()
            await base.reopen()
            log = try ExportingStorage(path: file.path, base: base)
            let loaded = Mutex<[Update]>([])
            try await log.load { batch in loaded.withLock { $0 += batch } }
            #expect(loaded.withLock { $0 } == updates)
            #expect(try file.lines == [1, 5, 3, 4, 2].map { Self.line($0, "A") })
        }
        await log.close()
    }
}

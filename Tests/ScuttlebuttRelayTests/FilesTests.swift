// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Testing

@Suite("Import and export files", .timeLimit(.minutes(20)))
struct FilesTests {
    static let lines = [
        #"{"id":"X","clock":{"X":2}}"#, #"[{"type":"A"},1,"X"]"#, #""SYNC""#,
        #"[{"type":"B","n":1.50},2,"X"]"#, #"[{"type":"C"},2,"Y"]"#, #"[{"type":5},3,"Y"]"#,
    ]

    @Test("Imported and later actions are exported byte for byte")
    func roundTrip() async throws {
        let folder = try TemporaryFolder()
        let input = try folder.write(Self.lines, to: "in")
        try await withRelay(
            configure: {
                $0.importFile = input
                $0.exportFile = folder.path("out")
            }
        ) { relay, address in
            #expect(relay.store.state.log.map(\.type) == ["A", "B", "C"])
            #expect(relay.statistics.refused == 1)
            try await withPeer(address.ws) { peer in
                peer.dispatch("D")
                await relay.store.reaches { $0.log.count == 4 }
            }
        }
        let exported = try folder.lines("out")
        #expect(Array(exported.prefix(3)) == [Self.lines[1], Self.lines[3], Self.lines[4]])
        #expect(exported.count == 4)
        // A second life adds nothing that is there already.
        try await withRelay(
            configure: {
                $0.importFile = folder.path("out")
                $0.exportFile = folder.path("out")
            }
        ) { relay, _ in #expect(relay.store.state.log.count == 4) }
        #expect(try folder.lines("out") == exported)
    }

    @Test("An export file is completed from the store")
    func completion() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("log.sqlite")
        let input = try folder.write(Self.lines, to: "in")
        try await withRelay(
            storage: SQLiteStorage.open(path, mode: .createIfMissing),
            configure: { $0.importFile = input }
        ) { _, _ in }
        _ = try folder.write([Self.lines[1]], to: "out")
        try await withRelay(
            storage: SQLiteStorage.open(path, mode: .existing),
            configure: { $0.exportFile = folder.path("out") }
        ) { _, _ in }
        #expect(
            Set(try folder.lines("out"))
                == Set([Self.lines[1], Self.lines[3], Self.lines[4]]))
        #expect(try folder.lines("out").count == 3)
    }

    @Test("Starting with a file that has an invalid line fails with its number")
    func badFile() async throws {
        let folder = try TemporaryFolder()
        let input = try folder.write([Self.lines[1], "nonsense"], to: "in")
        for isExport in [false, true] {
            let error = await #expect(throws: StorageError.self) {
                try await withRelay(
                    configure: {
                        if isExport { $0.exportFile = input } else { $0.importFile = input }
                    }, { _, _ in })
            }
            #expect(error?.code == .foreignOrCorrupt)
            #expect(error?.message.contains("line 2") == true)
        }
        #expect(try folder.lines("in") == [Self.lines[1], "nonsense"])
        let missing = await #expect(throws: StorageError.self) {
            try await withRelay(configure: { $0.importFile = folder.path("none") }, { _, _ in })
        }
        #expect(missing?.code == .unreadable)
    }
}

// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import ScuttlebuttSQLite
import Testing

@Suite("The log in a file, as any log storage", .timeLimit(.minutes(20)))
struct ConformanceTests {
    @Test(
        "It keeps what a log storage promises",
        arguments: [SQLiteStorage.Mode.createIfMissing, .shared],
        StorageConformance.cases + StorageConformance.tieredCases)
    func conforms(mode: SQLiteStorage.Mode, to promise: StorageConformance.Case) async throws {
        let folder = try TemporaryFolder()
        try await promise.run(
            make: { try SQLiteStorage.open(folder.path(), mode: mode) },
            reopen: { storage in
                await storage.close()
                return try SQLiteStorage.open(
                    folder.path(), mode: mode == .shared ? .shared : .existing)
            })
        #expect(try Set(folder.content.keys) == ["log.sqlite"], "closing left other files")
    }
}

// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@Suite("The log in memory", .timeLimit(.minutes(20)))
struct InMemoryStorageTests {
    @Test(
        "It keeps what a log storage promises",
        arguments: StorageConformance.cases + StorageConformance.tieredCases)
    func conforms(to promise: StorageConformance.Case) async throws {
        try await promise.run(
            make: { InMemoryStorage() },
            reopen: { storage in
                await storage.close()
                let memory = try #require(storage as? InMemoryStorage)
                await memory.reopen()
                return memory
            })
    }
}

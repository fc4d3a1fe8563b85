// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@Suite("The storage on the page of the test kit", .timeLimit(.minutes(20)))
struct TestKitPageTests {
    @Test("The log in memory keeps its promises", arguments: StorageConformance.cases)
    func keepsItsPromises(promise: StorageConformance.Case) async throws {
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

// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite("A log that is damaged", .timeLimit(.minutes(20)))
struct DamagedLogTests {
    private enum Count: String, GossipAction { case up }

    /// A log that cannot be read, and notes what is written to it.
    private final class DamagedStorage: LogStorage {
        let writes = Mutex<[String]>([])

        func source(proposing proposed: Source) async throws -> Source {
            writes.withLock { $0.append("source") }
            return proposed
        }

        func load(_ body: @Sendable ([Update]) throws -> Void) async throws {
            throw StorageError(.foreignOrCorrupt, "damaged")
        }

        func append(_ updates: [Update]) async throws { writes.withLock { $0.append("append") } }
        func refusals() async throws -> [Fingerprint] { [] }

        func remember(refusals: [Fingerprint]) async throws {
            writes.withLock { $0.append("remember") }
        }

        func close() async {}
    }

    @Test("Is an error before the first byte is written to it")
    func untouched() async {
        let storage = DamagedStorage()
        await #expect(throws: StorageError.self) {
            _ = try await GossipStore(
                initial: 0, reducer: Reducer<Int, Count> { count, _ in count += 1 },
                storage: storage)
        }
        #expect(storage.writes.withLock { $0 }.isEmpty)
    }
}

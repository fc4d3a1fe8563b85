// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttSQLite

@Suite("The queue of appends", .timeLimit(.minutes(20)))
struct CommitQueueTests {
    @Test(
        "Transactions stay in their bounds, keep the order and finish each caller once",
        arguments: UInt64(0)..<20)
    func bounds(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let sizes = (0..<12).map { _ in random.below(15_000) }
        let collected = Collected<Update>()
        let first = try update("A", 1)
        let entries = sizes.map { [Update](repeating: first, count: $0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let waiting = Collected<CommitQueue.Entry>()
            for entry in entries {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        waiting.append(
                            CommitQueue.Entry(updates: entry, continuation: continuation))
                    }
                }
            }
            while waiting.values.count < entries.count { await Task.yield() }
            var queue = CommitQueue()
            for entry in waiting.values { queue.enqueue(entry) }
            while let batch = queue.takeBatch() {
                let count = batch.slices.reduce(0) { $0 + $1.count }
                #expect(count <= CommitQueue.batchUpdates)
                for slice in batch.slices { for update in slice { collected.append(update) } }
                for continuation in batch.finished { continuation.resume() }
            }
            #expect(queue.isEmpty)
            try await group.waitForAll()
        }
        #expect(collected.values.count == sizes.reduce(0, +))
    }
}

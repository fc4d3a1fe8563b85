// SPDX-License-Identifier: MIT

import DequeModule
package import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    /// Reads a part of the log that a session needs.
    func read(_ range: StoredRange) async {
        guard let storage = storage as? any TieredLogStorage else {
            return handle(.read(range, nil))
        }
        do {
            let updates = try await storage.updates(
                after: range.after, limit: ReplicaLimits.storedPage)
            handle(.read(range, updates))
        } catch {
            let failure =
                error as? StorageError ?? StorageError(.unreadable, "reading failed: \(error)")
            transition { state in
                if !state.isClosed { state.effects.append(.report(.storageFailed(failure))) }
                state.replica.handle(.read(range, nil), into: &state.effects)
            }
        }
    }
}

extension ReplicaEngine {
    /// Waits until everything accepted so far is durable.
    package func flushAccepted() async throws {
        try await flush(token: state.withLock { $0.replica.lastSave })
    }

    /// Lets own writes come after everything that some peer has.
    package func noteHeader(highest: Timestamp?) {
        let waiters = transition { state in
            state.replica.noteHeader(highest: highest)
            return state.headerWaiters.removeAll()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Drops the oldest updates from memory if there are more than the budget allows and they are
    /// durable.
    package func keepWithin(_ budget: MemoryBudget) where Value == UpdateLog {
        state.withLock { state in
            let (count, bytes) = (state.replica.value.memoryCount, state.replica.value.byteCount)
            guard count > budget.updates || bytes > budget.bytes else { return }
            var unsaved: [Source: Timestamp] = [:]
            for save in state.saves {
                for update in save.updates where unsaved[update.source] == nil {
                    unsaved[update.source] = update.timestamp
                }
            }
            // Down to half, so that this happens once for many updates.
            _ = state.replica.drop(
                keeping: budget.updates / 2, bytes: budget.bytes / 2, unsaved: unsaved)
        }
    }
}

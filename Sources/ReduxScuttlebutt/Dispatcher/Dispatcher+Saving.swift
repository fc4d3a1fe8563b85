// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

extension Dispatcher {
    /// How long to wait before a save that failed is tried again.
    static let saveRetryDelay = Duration.seconds(1)

    /// Saves what is queued until there is nothing; never more than one at a time.
    ///
    /// What cannot be saved stays at the head of the queue: it is not lost, has not left the
    /// process if it is ours, and is tried again.
    func save() async {
        while let batch = nextBatch() {
            guard let storage else { return settle(batch.token) }
            do {
                try await storage.append(batch.updates)
                settle(batch.token)
            } catch {
                let failure =
                    error as? StorageError ?? StorageError(.writeFailed, "saving failed: \(error)")
                let isFinal = fail(batch, failure)
                if isFinal { return }
                try? await sleep(Dispatcher.saveRetryDelay)
            }
        }
    }

    private func nextBatch() -> (token: Int, updates: [Update])? {
        core.withLock { core in
            guard let first = core.saves.first else {
                core.isSaving = false
                return nil
            }
            var (token, updates) = first
            var taken = 1
            while taken < core.saves.count, updates.count < Dispatcher.saveBatchLimit {
                token = core.saves[taken].token
                updates += core.saves[taken].updates
                taken += 1
            }
            core.saves.removeFirst(taken)
            return (token, updates)
        }
    }

    private func settle(_ token: Int) {
        transition { core in
            core.savedToken = token
            core.saveFailure = nil
            core.machine.handle(.saved(token), into: &core.effects)
        }
        let waiters = core.withLock { core in
            let due = core.flushWaiters.filter { $0.token <= token }
            core.flushWaiters.removeAll { $0.token <= token }
            return due
        }
        for waiter in waiters { waiter.waiter.resume() }
    }

    /// Puts a batch back; whether trying again is pointless.
    private func fail(_ batch: (token: Int, updates: [Update]), _ failure: StorageError) -> Bool {
        let (waiters, isFinal) = core.withLock { core in
            core.saves.insert(batch, at: 0)
            core.saveFailure = failure
            let isFinal = core.isClosed || failure.code == .closed
            if isFinal { core.isSaving = false }
            defer { core.flushWaiters = [] }
            return (core.flushWaiters, isFinal)
        }
        for waiter in waiters { waiter.waiter.resume(throwing: failure) }
        hooks.report(.storageFailed(failure))
        return isFinal
    }
}

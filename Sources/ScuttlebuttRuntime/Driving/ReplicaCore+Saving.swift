// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

extension ReplicaCore {
    /// How long to wait before a save that failed is tried again.
    static var saveRetryDelay: Duration { .seconds(1) }
    /// How many updates are saved in one call of the storage.
    static var saveBatchLimit: Int { 10_000 }

    /// Saves what is queued until there is nothing; never more than one at a time.
    ///
    /// What cannot be saved stays at the head of the queue: it is not lost, has not left the
    /// process if it is ours, and is tried again.
    func save() async {
        guard let storage else { return }
        while let batch = nextBatch() {
            do {
                try await storage.append(batch.map(\.update))
                settle(batch)
            } catch {
                let failure =
                    error as? StorageError ?? StorageError(.writeFailed, "saving failed: \(error)")
                if fail(failure) { return }
                try? await options.sleep(ReplicaCore.saveRetryDelay)
            }
        }
    }

    private func nextBatch() -> [Save]? {
        state.withLock { state in
            guard !state.saves.isEmpty else {
                state.isSaving = false
                return nil
            }
            return Array(state.saves.prefix(ReplicaCore.saveBatchLimit))
        }
    }

    private func settle(_ batch: [Save]) {
        let waiters = change { state, effects in
            state.saves.removeFirst(batch.count)
            state.saved += batch.count
            state.saveFailure = nil
            for save in batch {
                state.savesByteCount -= save.update.byteCount
                guard save.isLocal else { continue }
                state.replica.commit(save.update, into: &effects)
                effects.wakesAll = true
            }
            let saved = state.saved
            defer { state.flushWaiters.removeAll { $0.count <= saved } }
            return state.flushWaiters.filter { $0.count <= saved }.map(\.waiter)
        }
        for waiter in waiters { waiter.resume() }
        letIn()
    }

    /// Reports a failure; whether trying again is pointless.
    private func fail(_ failure: StorageError) -> Bool {
        let (waiters, isFinal) = change { state, _ in
            state.saveFailure = failure
            state.news.append(.event(.storageFailed(failure)))
            let isFinal = state.isClosed || failure.code == .closed
            if isFinal { state.isSaving = false }
            defer { state.flushWaiters = [] }
            return (state.flushWaiters.map(\.waiter), isFinal)
        }
        for waiter in waiters { waiter.resume(throwing: failure) }
        return isFinal
    }

    /// Waits until everything that was written or taken so far is durable.
    func flush() async throws {
        guard storage != nil else { return }
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<Void, any Error>? = state.withLock { state in
                if state.saved >= state.enqueued { return .success(()) }
                if let failure = state.saveFailure { return .failure(failure) }
                state.flushWaiters.append((state.enqueued, continuation))
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    // MARK: Room

    /// Lets those connections go on that waited for room.
    func letIn() {
        let waiters = state.withLock { state in
            guard !state.roomWaiters.isEmpty, state.hasRoom else {
                return [CheckedContinuation<Void, Never>]()
            }
            defer { state.roomWaiters = [:] }
            return Array(state.roomWaiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits while too much is to be saved or told; a task that is cancelled waits no longer.
    func waitForRoom() async {
        let ticket: Int? = state.withLock { state in
            guard !state.hasRoom else { return nil }
            state.lastNumber += 1
            return state.lastNumber
        }
        guard let ticket else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    // The cancellation handler may have run before there was a waiter.
                    if Task.isCancelled || state.hasRoom { return true }
                    state.roomWaiters[ticket] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.roomWaiters.removeValue(forKey: ticket) }?.resume()
        }
    }
}

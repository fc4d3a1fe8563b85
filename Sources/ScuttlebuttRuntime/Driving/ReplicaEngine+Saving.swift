// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    /// How long to wait before a save that failed is tried again.
    package static var saveRetryDelay: Duration { .seconds(1) }

    /// Saves what is queued until there is nothing; never more than one at a time.
    ///
    /// What cannot be saved stays at the head of the queue. It is not lost, has not left the
    /// process if it is ours, and is tried again.
    @specialized(where Value == UpdateLog)
    func save() async {
        guard let storage else { return }
        while let (token, updates) = nextBatch() {
            do {
                try await storage.append(updates)
                settle(token)
            } catch {
                let failure =
                    error as? StorageError ?? StorageError(.writeFailed, "saving failed: \(error)")
                if fail(failure) { return }
                try? await hooks.sleep(Self.saveRetryDelay)
            }
        }
    }

    private func nextBatch() -> (token: Int, updates: [Update])? {
        state.withLock { state in
            guard var batch = state.saves.first else {
                state.isSaving = false
                return nil
            }
            for save in state.saves.dropFirst() {
                guard batch.updates.count < ReplicaLimits.savedUpdates else { break }
                batch.token = save.token
                batch.updates += save.updates
            }
            return batch
        }
    }

    private func settle(_ token: Int) {
        let waiters = transition { state in
            while let first = state.saves.first, first.token <= token {
                state.saves.removeFirst()
                state.unsavedCount -= first.updates.count
                for update in first.updates { state.unsavedByteCount -= update.byteCount }
            }
            state.savedToken = token
            state.saveFailure = nil
            state.replica.handle(.saved(token), into: &state.effects)
            return state.saveWaiters.remove { $0 <= token }
        }
        for waiter in waiters { waiter.resume() }
        hooks.saved?(self)
        admitWaitingReaders()
    }

    /// Reports a failure; returns whether trying again is pointless.
    private func fail(_ failure: StorageError) -> Bool {
        let (waiters, isFinal) = transition { state in
            state.saveFailure = failure
            state.effects.append(.report(.storageFailed(failure)))
            let isFinal = state.isClosed || failure.code == .closed
            if isFinal { state.isSaving = false }
            return (state.saveWaiters.removeAll(), isFinal)
        }
        for waiter in waiters { waiter.resume(throwing: failure) }
        return isFinal
    }

    // MARK: Waiting

    /// Waits until everything written or accepted so far is signed and durable; at once without a
    /// signer and without storage.
    ///
    /// - Throws: ``/Scuttlebutt/StorageError`` when saving fails. What could not be saved is kept
    ///   and tried again, and nothing unsaved of ours has left the process.
    package func flush() async throws {
        try await wait(in: \.signWaiters) { state in
            state.replica.oldestSigning == nil ? nil : state.replica.newestSigning
        }
        try await flush(token: state.withLock { $0.replica.lastSave })
    }

    /// Waits until the save with this token is durable.
    package func flush(token: Int) async throws {
        try await wait(in: \.saveWaiters) { state in
            if state.savedToken >= token { return nil }
            if let failure = state.saveFailure { throw failure }
            return token
        }
    }

    /// Waits until some peer and we have everything the other had, and it has confirmed what was
    /// written here before the call, or has refused it; at once if that is so, or if the task is
    /// cancelled.
    package func synced() async {
        // These waiters are never resumed with an error.
        try? await wait(in: \.signWaiters, endsWhenCancelled: true) { state in
            state.replica.oldestSigning == nil ? nil : state.replica.newestSigning
        }
        try? await wait(in: \.syncWaiters, endsWhenCancelled: true) { state in
            let written = state.replica.newestWritten ?? .zero
            return state.isClosed || state.isLevel(upTo: written) ? nil : written
        }
    }

    /// Waits until some peer has said what it has, or this time is over.
    ///
    /// - Returns: Whether one has.
    package func waitForHeader(within limit: Duration) async -> Bool {
        if withReplica({ $0.hasHeardHeader }) { return true }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await self.wait(in: \.headerWaiters, endsWhenCancelled: true) { state in
                    state.replica.hasHeardHeader || state.isClosed ? nil : ()
                }
            }
            group.addTask { try? await self.hooks.sleep(limit) }
            await group.next()
            group.cancelAll()
            return self.withReplica { $0.hasHeardHeader }
        }
    }

    /// Takes no more own writes and ends waiting; returns when what was written is durable or
    /// cannot be.
    package func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.syncWaiters.removeAll() + state.roomWaiters.removeAll()
                + state.headerWaiters.removeAll()
        }
        for waiter in waiters { waiter.resume() }
        presenceFeed.close()
        // Nothing new is taken from here on, so what is flushed is all there is.
        try? await flush()
        await storage?.close()
    }

    /// Whether everything that happened so far has been delivered and done.
    package var isIdle: Bool {
        state.withLock {
            $0.notices.isEmpty && !$0.isDelivering && $0.chores.isEmpty && !$0.isRunningChores
        }
    }

    /// How the replica stands.
    package var status: ReplicaStatus {
        state.withLock { state in
            let peerCount = state.replica.gossip.peerCount
            let pending = state.replica.pendingCount
            let setAside = state.replica.setAsideCount
            return ReplicaStatus(
                connected: peerCount,
                isSynced: peerCount > 0 && state.synced.count == peerCount
                    && pending + setAside == 0,
                pending: pending, setAside: setAside, unsaved: state.unsavedCount,
                refused: state.refusedCount, stale: state.staleCount,
                sources: state.replica.gossip.sourceCount,
                byteCount: state.replica.value.retainedByteCount)
        }
    }
}

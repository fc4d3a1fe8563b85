// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttRuntime
import Synchronization

/// The lease of the connection, as a lock on `FILE-lock-link`.
///
/// Whoever waits does so in the kernel, which gives the lock to the next one when its holder dies.
/// That takes a thread, which cannot be called back: when the storage is closed meanwhile, the
/// thread remains until it gets the lock, and gives it up at once.
final class LinkLease: ConnectionLease {
    private struct State {
        var lock: FileLock?
        var users = 0
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
        var lastTicket = 0
        /// Whether a thread waits for the lock.
        var isWaiting = false
        var isClosed = false
    }

    private let store: String
    private let state = Mutex(State())

    init(store: String) { self.store = store }

    var isHeld: Bool { state.withLock { $0.lock != nil } }

    func acquireNow() -> Bool { state.withLock { take(&$0) } }

    private func take(_ state: inout State) -> Bool {
        guard !state.isClosed else { return false }
        if state.lock == nil, !state.isWaiting {
            let path = SideFiles.lease(store)
            state.lock = try? FileLock.take(.exclusive, path, for: store)
        }
        guard state.lock != nil else { return false }
        state.users += 1
        return true
    }

    func acquire() async -> Bool {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, ticket) }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume(returning: false)
        }
    }

    private func wait(_ continuation: CheckedContinuation<Bool, Never>, _ ticket: Int) {
        let (answer, startsThread): (Bool?, Bool) = state.withLock { state in
            // The task may have been cancelled before there was a waiter.
            if state.isClosed || Task.isCancelled { return (false, false) }
            if take(&state) { return (true, false) }
            state.waiters[ticket] = continuation
            defer { state.isWaiting = true }
            return (nil, !state.isWaiting)
        }
        if let answer { continuation.resume(returning: answer) }
        guard startsThread else { return }
        let thread = Thread { self.waitForLock() }
        thread.name = "scuttlebutt.lease"
        thread.start()
    }

    /// Runs on its own thread until the lock is there.
    private func waitForLock() {
        let lock = FileLock.waitFor(SideFiles.lease(store), store: store)
        let waiters: [CheckedContinuation<Bool, Never>] = state.withLock { state in
            state.isWaiting = false
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            if !waiters.isEmpty, !state.isClosed {
                state.lock = lock
                state.users = waiters.count
            }
            return waiters
        }
        // Where there are no locks, nobody could have opened the store.
        for waiter in waiters { waiter.resume(returning: lock != nil) }
    }

    func release() {
        let lock: FileLock? = state.withLock { state in
            state.users -= 1
            guard state.users <= 0 else { return nil }
            defer { (state.lock, state.users) = (nil, 0) }
            return state.lock
        }
        withExtendedLifetime(lock) {}
    }

    /// Gives up the lease, and lets nobody wait any longer.
    func end() {
        let (lock, waiters) = state.withLock { state in
            defer {
                (state.lock, state.users, state.waiters, state.isClosed) = (nil, 0, [:], true)
            }
            return (state.lock, Array(state.waiters.values))
        }
        withExtendedLifetime(lock) {}
        for waiter in waiters { waiter.resume(returning: false) }
    }
}

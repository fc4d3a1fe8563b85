// SPDX-License-Identifier: MIT

import Synchronization

/// Tasks that wait, each for something that its key tells; kept under the lock of what they wait
/// for.
package struct Waiters<Key: Sendable>: Sendable {
    package typealias Continuation = CheckedContinuation<Void, any Error>

    private var entries: [(ticket: Int, key: Key, continuation: Continuation)] = []
    private var lastTicket = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// Returns the number under which a task is going to wait.
    mutating func reserveTicket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    mutating func append(_ ticket: Int, _ key: Key, _ continuation: Continuation) {
        entries.append((ticket, key, continuation))
    }

    /// Takes out those whose key is as wanted, to be resumed after the lock.
    mutating func remove(_ isDue: (Key) -> Bool) -> [Continuation] {
        guard !entries.isEmpty else { return [] }
        var due: [Continuation] = []
        entries.removeAll { entry in
            guard isDue(entry.key) else { return false }
            due.append(entry.continuation)
            return true
        }
        return due
    }

    mutating func removeAll() -> [Continuation] { remove { _ in true } }

    mutating func remove(ticket: Int) -> Continuation? {
        guard let index = entries.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return entries.remove(at: index).continuation
    }
}

extension ReplicaEngine {
    /// Suspends until somebody resumes the waiter, unless there is nothing to wait for.
    ///
    /// - Parameters:
    ///   - key: Returns what to wait for, or `nil` when there is nothing; called under the lock.
    ///   - endsWhenCancelled: Whether a cancelled task stops waiting, without an error.
    /// - Throws: What `key` throws, and what the waiter is resumed with.
    func wait<Key: Sendable>(
        in list: any WritableKeyPath<State, Waiters<Key>> & Sendable,
        endsWhenCancelled: Bool = false, for key: @Sendable (inout State) throws -> Key?
    ) async throws {
        let ticket = state.withLock { $0[keyPath: list].reserveTicket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    do {
                        // The cancellation handler may have run before there was a waiter.
                        if endsWhenCancelled, Task.isCancelled { return .success(()) }
                        guard let key = try key(&state) else { return .success(()) }
                        state[keyPath: list].append(ticket, key, continuation)
                        return nil
                    } catch {
                        return .failure(error)
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            guard endsWhenCancelled else { return }
            state.withLock { $0[keyPath: list].remove(ticket: ticket) }?.resume()
        }
    }
}

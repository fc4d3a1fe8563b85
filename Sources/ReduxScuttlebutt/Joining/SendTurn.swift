// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// Lets several tasks send on one link, one after the other in the order of their calls.
final class SendTurn: Sendable {
    private struct State: Sendable {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let link: any Link
    private let state = Mutex(State())

    init(_ link: any Link) { self.link = link }

    /// Sends lines when it is their turn.
    func send(_ lines: OutboundLines) async throws {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
        defer {
            let next: CheckedContinuation<Void, Never>? = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.isTaken = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            next?.resume()
        }
        try await link.send(lines)
    }
}

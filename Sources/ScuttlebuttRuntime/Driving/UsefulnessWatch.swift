// SPDX-License-Identifier: MIT

import Synchronization

/// Finds out whether a dialled link was useful for a while: see ``BackOff/usefulAfter``.
final class UsefulnessWatch: Sendable {
    private struct State {
        var waiting: Task<Void, Never>?
        var isUseful = false
        var hasEnded = false
    }

    private let delay: Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    init(after delay: Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.delay = delay
        self.sleep = sleep
    }

    /// The peer has said something.
    func noteFirstLines() {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.waiting = Task { [weak self, delay, sleep] in
                guard (try? await sleep(delay)) != nil, !Task.isCancelled else { return }
                self?.state.withLock { state in
                    if !state.hasEnded { state.isUseful = true }
                }
            }
        }
    }

    /// The link has ended; returns whether it was useful.
    func end() -> Bool {
        let (waiting, isUseful) = state.withLock { state in
            state.hasEnded = true
            return (state.waiting, state.isUseful)
        }
        waiting?.cancel()
        return isUseful
    }
}

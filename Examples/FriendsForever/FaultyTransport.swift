// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// A transport whose open link can be cut from outside, as a bad network does.
final class FaultyTransport: Transport {
    private struct State {
        var link: (any Link)?
        var waiting: [CheckedContinuation<any Link, Never>] = []
        var cuts = 0
    }

    private let base: any Transport
    private let state = Mutex(State())

    init(_ base: any Transport) { self.base = base }

    var name: String { base.name }
    var cutCount: Int { state.withLock { $0.cuts } }

    func connect() async throws -> any Link {
        let link = try await base.connect()
        let waiting = state.withLock { state in
            // Whoever waits to cut gets this link, so nobody else may.
            state.link = state.waiting.isEmpty ? link : nil
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        waiting?.resume(returning: link)
        return link
    }

    /// Cuts the link that is open, or else the next one.
    func cut() async {
        let link = await withCheckedContinuation { continuation in
            let link = state.withLock { state in
                guard let link = state.link else {
                    state.waiting.append(continuation)
                    return Optional<any Link>.none
                }
                state.link = nil
                return link
            }
            if let link { continuation.resume(returning: link) }
        }
        await link.close(.fault("cut"))
        state.withLock { $0.cuts += 1 }
    }
}

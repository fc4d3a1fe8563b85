// SPDX-License-Identifier: MIT

import ScuttlebuttRelay
import Testing

@testable import ScuttlebuttCommand

@Suite("The monitor of a peer's links", .timeLimit(.minutes(20)))
struct LinkMonitorTests {
    @Test("A peer that redials answers its input although the server is unreachable")
    func lostAtOnce() async throws {
        let peer = try await ActionPeer(.log, .join, id: nil, store: nil)
        let links = LinkMonitor(peer.swarm)
        links.lost.open()
        // What went wrong was a race at the beginning of the task.
        for _ in 0..<2_000 {
            let talk = Task { try Task.checkCancellation() }
            let result = await links.end(talk, whenLost: false)
            #expect(throws: Never.self) { try result.get() }
        }
        await links.stop()
        try await peer.close()
    }

    @Test("A peer that was told to try once ends when its link is lost")
    func once() async throws {
        let peer = try await ActionPeer(.log, .join, id: nil, store: nil)
        let links = LinkMonitor(peer.swarm)
        let talk = Task { while !Task.isCancelled { await Task.yield() } }
        links.lost.open()
        _ = await links.end(Task { try await talk.cancelledWithCaller() }, whenLost: true)
        await links.stop()
        try await peer.close()
    }
}

extension Task where Success == Void, Failure == Never {
    /// Waits for the task, which is cancelled with its caller.
    fileprivate func cancelledWithCaller() async throws {
        await withTaskCancellationHandler {
            await value
        } onCancel: {
            cancel()
        }
    }
}

// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Testing

@Suite(.timeLimit(.minutes(20))) struct SessionSignalTests {
    private func name(_ event: SessionSignal.Event) -> String {
        switch event {
        case .work: "work"
        case .peerEnded: "peerEnded"
        case .close(.finished): "finished"
        case .close(.shutdown): "shutdown"
        case .close(.fault(let message)): message
        }
    }

    @Test func `raised many times before it is awaited it wakes once, and work precedes the end`()
        async
    {
        let signal = SessionSignal()
        for _ in 0..<100 { signal.raiseWork() }
        signal.raisePeerEnded()
        #expect(name(await signal.next()) == "work")
        #expect(name(await signal.next()) == "peerEnded")
    }

    @Test func `a close precedes everything, stays, and the first reason counts`() async {
        let signal = SessionSignal()
        signal.raiseWork()
        signal.raiseClose(.fault("first"))
        signal.raiseClose(.finished)
        #expect(name(await signal.next()) == "first")
        #expect(name(await signal.next()) == "first")
    }

    @Test func `a cancelled waiter is told to shut down`() async {
        let signal = SessionSignal()
        let task = Task { name(await signal.next()) }
        task.cancel()
        #expect(await task.value == "shutdown")
    }

    @Test func `no wake is lost when it is raised from many tasks while it is awaited`() async {
        let signal = SessionSignal()
        let reader = Task {
            var wakes = 0
            while true {
                switch await signal.next() {
                case .work: wakes += 1
                case .peerEnded: signal.raiseClose(.finished)
                case .close: return wakes
                }
            }
        }
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1_000 { signal.raiseWork() } } }
        }
        signal.raisePeerEnded()
        let wakes = await reader.value
        #expect(wakes >= 1 && wakes <= 8_000)
    }
}

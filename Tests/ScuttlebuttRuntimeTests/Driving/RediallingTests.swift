// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

/// How long a swarm waits before it dials a peer again, in virtual time.
@Suite(.timeLimit(.minutes(20))) struct RediallingTests {
    /// A peer that takes every dial and ends it as the test wants.
    private struct ScriptedTransport: Transport {
        let name = "scripted"
        let serve: @Sendable (InMemoryLink) async throws -> Void

        func connect() async throws -> any Link {
            let (ours, theirs) = InMemoryLink.pair()
            try await serve(theirs)
            return ours
        }
    }

    /// What a swarm did until it had waited often enough or gave up.
    private final class Course: Sendable {
        let waits = Mutex<[Duration]>([])
        let reasonsToGiveUp = Mutex<[String]>([])
    }

    /// Dials until there have been `count` waits, and returns those.
    ///
    /// - Parameter isUseful: Whether each link stays open for as long as makes it useful.
    private func waits(
        _ count: Int, isUseful: Bool = false, _ course: Course = Course(),
        _ serve: @escaping @Sendable (InMemoryLink) async throws -> Void
    ) async -> [Duration] {
        let (enough, signal) = AsyncStream<Void>.makeStream()
        let backOff = BackOff()
        let swarm = Swarm(
            ReplicaHost("A"), backOff: backOff,
            sleep: { delay in
                if delay == backOff.usefulAfter {
                    if !isUseful { try await Task.sleep(for: .seconds(3_600)) }
                    return
                }
                let number = course.waits.withLock { waits in
                    waits.append(delay)
                    return waits.count
                }
                if number < count { return }
                signal.yield()
                try await Task.sleep(for: .seconds(3_600))
            })
        swarm.observe { event in
            guard case .gaveUp(_, let reason) = event else { return }
            course.reasonsToGiveUp.withLock { $0.append(reason) }
            signal.yield()
        }
        swarm.connect(ScriptedTransport(serve: serve))
        for await _ in enough { break }
        await swarm.shutDown()
        return course.waits.withLock { $0 }
    }

    @Test func `a listener that accepts and closes at once is dialled more and more rarely`() async
    {
        let waits = await waits(8) { await $0.close(.finished) }
        #expect(waits[0] >= .milliseconds(500) && waits[0] <= .seconds(1))
        #expect(waits[4] >= .seconds(8))
        #expect(waits[7] >= .seconds(16))
    }

    @Test func `a peer that greets us and closes at once is dialled more and more rarely`() async {
        let waits = await waits(8) { link in
            try await link.send(OutboundLines(lines: [Array("{\"clock\":{}}".utf8)]))
            await link.finish()
        }
        #expect(waits[7] >= .seconds(16))
    }

    @Test func `the loss of a link that was useful is followed by a short wait`() async {
        let waits = await waits(6, isUseful: true) { link in
            try await link.send(OutboundLines(lines: [Array("{\"clock\":{}}".utf8)]))
            Task {
                // The header that answers shows that ours was taken, and the watch runs by then.
                _ = try? await link.receive()
                for _ in 0..<100 { await Task.yield() }
                link.cut()
            }
        }
        let short = waits.count { $0 <= .seconds(1) }
        #expect(short >= 4, "\(waits)")
    }

    @Test func `a refusal is followed by a long wait, which differs from client to client`() async {
        let waits = await waits(2) { _ in throw LinkError(.refused, "401") }
        #expect(waits.count == 2)
        #expect(waits.allSatisfy { $0 >= .seconds(15) && $0 <= .seconds(30) })
    }

    @Test func `a server that names a time is not dialled before it`() async {
        let waits = await waits(2) { _ in
            throw LinkError(.unreachable, "503", retryAfter: .seconds(120))
        }
        #expect(waits.count == 2)
        #expect(waits.allSatisfy { $0 > .seconds(120) && $0 <= .seconds(122) })
    }

    @Test func `a server that is gone for good is not dialled again`() async {
        let course = Course()
        let waits = await waits(1, course) { _ in throw LinkError(.dismissed, "410") }
        #expect(waits.isEmpty)
        #expect(course.reasonsToGiveUp.withLock { $0.count } == 1)
    }
}

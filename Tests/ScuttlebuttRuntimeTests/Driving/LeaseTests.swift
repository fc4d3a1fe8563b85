// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

/// A lease within a process, which notes who has it.
private final class PlayedLease: ConnectionLease {
    /// What all who want the lease share.
    final class Right: Sendable {
        fileprivate struct State {
            var owner: Int?
            var waiters: [(owner: Int, continuation: CheckedContinuation<Bool, Never>)] = []
            var history: [Int] = []

            mutating func take(for owner: Int) -> Bool {
                guard self.owner == nil else { return false }
                self.owner = owner
                history.append(owner)
                return true
            }
        }
        fileprivate let state = Mutex(State())

        var history: [Int] { state.withLock { $0.history } }

        func cancel(_ owner: Int) {
            let ended = state.withLock { state in
                let ended = state.waiters.filter { $0.owner == owner }
                state.waiters.removeAll { $0.owner == owner }
                return ended
            }
            for waiter in ended { waiter.continuation.resume(returning: false) }
        }
    }

    private let right: Right
    private let owner: Int

    init(_ right: Right, owner: Int) { (self.right, self.owner) = (right, owner) }

    var isHeld: Bool { right.state.withLock { $0.owner == owner } }

    func acquireNow() -> Bool { right.state.withLock { $0.take(for: owner) } }

    func acquire() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = right.state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.take(for: owner) { return true }
                    state.waiters.append((owner, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            right.cancel(owner)
        }
    }

    func release() {
        let next = right.state.withLock { state in
            state.owner = nil
            guard !state.waiters.isEmpty else {
                return nil as CheckedContinuation<Bool, Never>?
            }
            let next = state.waiters.removeFirst()
            state.owner = next.owner
            state.history.append(next.owner)
            return next.continuation
        }
        next?.resume(returning: true)
    }
}

@Suite("Dialling by lease", .timeLimit(.minutes(20)))
struct LeaseTests {
    /// Waits for the first status that fits.
    private func waits(
        _ swarm: Swarm, _ transport: any Transport,
        until fits: @escaping @Sendable (DialStatus) -> Bool
    ) async {
        let (statuses, status) = AsyncStream<DialStatus>.makeStream()
        swarm.observe { event in
            if case .dialing(let seen) = event { status.yield(seen) }
        }
        swarm.connect(transport)
        for await seen in statuses where fits(seen) { return }
    }

    @Test("One dials, the other stands by and dials when the first one ends")
    func standsBy() async throws {
        let network = InMemoryNetwork()
        let server = Swarm(ReplicaHost("S"))
        server.listen(try network.listen(at: "s"))
        let right = PlayedLease.Right()
        let one = Swarm(ReplicaHost("A"), lease: PlayedLease(right, owner: 1))
        let two = Swarm(ReplicaHost("B"), lease: PlayedLease(right, owner: 2))
        await waits(one, network.transport(to: "s")) { $0.phase == .connected }
        await waits(two, network.transport(to: "s")) { $0.phase == .standingBy }
        #expect(two.openLinkCount == 0)
        let (statuses, status) = AsyncStream<DialStatus>.makeStream()
        two.observe { event in
            if case .dialing(let seen) = event { status.yield(seen) }
        }
        await one.shutDown()
        for await seen in statuses where seen.phase == .connected { break }
        #expect(right.history == [1, 2])
        await two.shutDown()
        await server.shutDown()
    }

    @Test("One that cannot connect lets another one try while it waits")
    func takesTurns() async throws {
        let network = InMemoryNetwork()
        let right = PlayedLease.Right()
        let never: @Sendable (Duration) async throws -> Void = { _ in
            try await Task.sleep(for: .seconds(3_600))
        }
        let one = Swarm(
            ReplicaHost("A"), lease: PlayedLease(right, owner: 1), sleep: never)
        let two = Swarm(
            ReplicaHost("B"), lease: PlayedLease(right, owner: 2), sleep: never)
        let isWaiting: @Sendable (DialStatus) -> Bool = { status in
            if case .waiting = status.phase { true } else { false }
        }
        await waits(one, network.transport(to: "nobody"), until: isWaiting)
        await waits(two, network.transport(to: "nobody"), until: isWaiting)
        #expect(right.history == [1, 2])
        await one.shutDown()
        await two.shutDown()
    }

    @Test("A swarm that is shut down while it stands by ends")
    func ends() async throws {
        let network = InMemoryNetwork()
        let right = PlayedLease.Right()
        let holder = PlayedLease(right, owner: 1)
        #expect(holder.acquireNow())
        let two = Swarm(ReplicaHost("B"), lease: PlayedLease(right, owner: 2))
        await waits(two, network.transport(to: "s")) { $0.phase == .standingBy }
        await two.shutDown()
        #expect(right.history == [1])
    }
}

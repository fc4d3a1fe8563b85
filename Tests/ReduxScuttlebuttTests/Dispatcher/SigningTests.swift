// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct SigningTests {
    private func store(
        _ change: (inout GossipOptions<Note>) -> Void
    ) throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.source = source("b")
        change(&options)
        return try GossipStore(initial: [], reducer: listing, options: options)
    }

    @Test func `a signed action is what is folded and sent, and the history is at hand`()
        async throws
    {
        let store = try store { options in
            options.sign = { action, history in
                guard case .add(let value) = action else { return action }
                return .add(100 * history.records.count + value)
            }
        }
        _ = try await store.perform(.add(1))
        _ = try await store.perform(.add(2))
        #expect(store.state == [1, 102])
        var peer = RawPeer(store.dispatcher)
        try await peer.say([header, sync])
        #expect(peer.heard().contains(line(102, 2, "b")))
    }

    @Test func `an action that cannot be signed changes nothing and says why`() async throws {
        let store = try store { options in
            options.sign = { action, _ in
                if case .fail = action { throw Refusal() }
                return action
            }
        }
        await #expect { try await store.perform(.fail) } throws: { error in
            let fault = error as? ReplicaError
            return fault?.code == .notSigned && fault?.message.contains("Refusal") == true
        }
        #expect(try await store.perform(.add(1)).stamp?.timestamp.value == 1)
        #expect(store.updateCount == 1)
    }

    @Test func `flush waits for what is at the signer`() async throws {
        let gates = Journal<CheckedContinuation<Void, Never>>()
        let store = try store { options in
            options.sign = { action, _ in
                await withCheckedContinuation { gates.note($0) }
                return action
            }
        }
        store.dispatch(.add(1))
        await gates.until { $0.count == 1 }
        let flushed = Journal<Int>()
        let flushing = Task {
            try await store.flush()
            flushed.note(store.updateCount)
        }
        gates.entries[0].resume()
        try await flushing.value
        #expect(flushed.entries == [1])
    }

    @Test
    func
        `G14 G15 verification precedes all effects, and one slow source holds no other`()
        async throws
    {
        let slow = Journal<CheckedContinuation<Bool, Never>>()
        let verified = Journal<Stamp>()
        let events = Journal<GossipEvent>()
        let store = try store { options in
            options.onEvent = { events.note($0) }
            options.verify = { unverified, _ in
                verified.note(unverified.stamp)
                if unverified.stamp.source == source("slow") {
                    return await withCheckedContinuation { slow.note($0) }
                }
                return unverified.action != .add(666)
            }
        }
        var (peer, other) = (RawPeer(store.dispatcher), RawPeer(store.dispatcher))
        try await other.say([header, sync])
        _ = other.heard()
        try await peer.say([
            header, sync, line(1, 1, "slow"), line(2, 2, "fast"), line(666, 3, "fast"),
            line(3, 4, "fast"),
        ])
        await store.until { $0 == [2, 3] }
        await slow.until { $0.count == 1 }
        #expect(other.heard() == [line(2, 2, "fast"), line(3, 4, "fast")])
        slow.entries[0].resume(returning: true)
        await store.until { $0 == [1, 2, 3] }
        // Delivered again, the refused one is not verified again. Its stamp is covered by now, so
        // it comes under a name whose clock is not.
        let before = verified.entries.count
        try await peer.say([line(666, 9, "other")])
        await verified.until { $0.count == before + 1 }
        await events.until {
            $0.count { if case .replica(.refused) = $0 { true } else { false } } == 2
        }
        try await peer.say([line(666, 9, "other")])
        await events.until {
            $0.count { if case .replica(.refused) = $0 { true } else { false } } == 3
        }
        #expect(verified.entries.count == before + 1)
    }

    @Test
    func `a reader waits while too much of its own is being verified, and ends when cancelled`()
        async throws
    {
        let gates = Journal<CheckedContinuation<Bool, Never>>()
        let store = try store { options in
            options.verify = { _, _ in await withCheckedContinuation { gates.note($0) } }
        }
        let (ours, theirs) = InMemoryLink.pair(bound: 64 << 20)
        let running = Task { await store.swarm.run(ours) }
        let count = ReplicaLimits.unverifiedUpdates + 10
        try await theirs.send(
            OutboundLines(
                lines: [Array(header.utf8), Array(sync.utf8)]
                    + (1...count).map { Array(line($0, $0, "a").utf8) }))
        await gates.until { $0.count >= ReplicaLimits.unverifiedUpdates }
        running.cancel()
        _ = await running.value
        for gate in gates.entries { gate.resume(returning: false) }
        #expect(store.status.connected == 0)
    }
}

// SPDX-License-Identifier: MIT

import Synchronization
import Testing

@testable import Scuttlebutt
@testable import ScuttlebuttRuntime

/// When a link whose other end is silent is given up, in virtual time.
@Suite(.timeLimit(.minutes(20))) struct SilenceWatchTests {
    /// A host that only counts how often it was told to probe.
    private final class Host: SessionHost {
        let wire = ClassicWire(rules: .fork)
        let answers: Bool
        let probes = Mutex(0)

        init(answers: Bool) { self.answers = answers }

        func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID {
            PeerID(number: 1)
        }
        func receive(
            _ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder
        ) async throws {}
        func pull(_ peer: PeerID) -> PulledLines? { nil }
        func closeSession(_ peer: PeerID) {}
        func probe(_ peer: PeerID) -> Bool {
            probes.withLock { $0 += 1 }
            return answers
        }
    }

    /// Watches a link for a number of waits, before each of which something may happen to it.
    ///
    /// - Returns: The failure, the number of probes, and how many waits it took.
    private func watch(
        _ host: Host, waits limit: Int = 10,
        _ happens: @escaping @Sendable (_ wait: Int, SilenceWatch.Ear) -> Void = { _, _ in }
    ) async -> (failure: LinkError?, probes: Int, waited: Duration) {
        let ear = SilenceWatch.Ear()
        let count = Mutex(0)
        let waited = Mutex(Duration.zero)
        let failure = await SilenceWatch(after: .seconds(20)).run(
            ear, of: PeerID(number: 1), host,
            sleep: { time in
                waited.withLock { $0 += time }
                let wait = count.withLock { count in
                    count += 1
                    return count
                }
                if wait > limit { throw CancellationError() }
                happens(wait, ear)
            })
        return (failure, host.probes.withLock { $0 }, waited.withLock { $0 })
    }

    @Test func `a peer that has to speak and falls silent is given up after twice the time`() async
    {
        let result = await watch(Host(answers: true))
        #expect(result.failure?.code == .timedOut)
        #expect(result.probes == 1)
        #expect(result.waited == .seconds(40))
    }

    @Test func `a peer that need not speak is never given up`() async {
        let result = await watch(Host(answers: false), waits: 9)
        #expect(result.failure == nil)
        #expect(result.probes == 3)
    }

    @Test func `a link with traffic is not probed`() async {
        let result = await watch(Host(answers: true)) { _, ear in
            ear.beginTaking()
            ear.endTaking()
        }
        #expect(result.failure == nil)
        #expect(result.probes == 0)
    }

    @Test func `an answer in time saves the link`() async {
        let result = await watch(Host(answers: true), waits: 9) { wait, ear in
            guard wait.isMultiple(of: 3) else { return }
            ear.beginTaking()
            ear.endTaking()
        }
        #expect(result.failure == nil)
        #expect(result.probes == 3)
    }

    @Test func `a long line that takes its time is no silence`() async {
        let bytes = Mutex(0)
        let ear = SilenceWatch.Ear {
            bytes.withLock { bytes in
                bytes += 1
                return bytes
            }
        }
        let looks = Mutex(0)
        let host = Host(answers: true)
        let failure = await SilenceWatch(after: .seconds(20)).run(
            ear, of: PeerID(number: 1), host,
            sleep: { _ in
                let count = looks.withLock { looks in
                    looks += 1
                    return looks
                }
                if count > 20 { throw CancellationError() }
            })
        #expect(failure == nil)
        #expect(host.probes.withLock { $0 } == 0)
    }

    @Test func `an answer is awaited longer behind much that was sent`() async {
        let result = await watch(Host(answers: true)) { wait, ear in
            if wait == 1 { ear.noteSent(10 * 16_384) }
        }
        #expect(result.failure?.code == .timedOut)
        #expect(result.waited == .seconds(50))
    }

    @Test func `while the replica takes what came, the silence is our own`() async {
        let result = await watch(Host(answers: true)) { _, ear in ear.beginTaking() }
        #expect(result.failure == nil)
        #expect(result.probes == 0)
    }
}

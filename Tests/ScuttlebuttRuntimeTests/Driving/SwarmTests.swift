// SPDX-License-Identifier: MIT

import Logging
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct SwarmTests {
    @Test func `two replicas level over a link, in both directions, then live`() async throws {
        let (a, b) = (ReplicaHost("A"), ReplicaHost("B"))
        for value in 0..<1_000 { a.write(value) }
        b.write(1)
        let network = InMemoryNetwork()
        let (server, client) = (Swarm(a), Swarm(b))
        server.listen(try network.listen(at: "a"))
        client.connect(network.transport(to: "a"))
        await a.until { $0.replica.value.count == 1_001 }
        await b.until { $0.replica.value.count == 1_001 }
        a.write(2)
        await b.until { $0.replica.value.count == 1_002 }
        await client.shutDown()
        await server.shutDown()
        #expect(a.sessionCount + b.sessionCount == 0)
    }

    @Test func `G10 Q19 a thousand reconnects leave nothing behind and resend nothing`()
        async throws
    {
        let (a, b) = (ReplicaHost("A"), ReplicaHost("B"))
        for value in 0..<100 { a.write(value) }
        let (server, client) = (Swarm(a), Swarm(b))
        for round in 0..<1_000 {
            let (ours, theirs) = InMemoryLink.pair()
            async let serving = server.run(theirs)
            let running = Task { await client.run(ours) }
            a.write(round)
            await b.until { $0.replica.value.count == 101 + round }
            if round.isMultiple(of: 2) { ours.cut() } else { running.cancel() }
            _ = await running.value
            _ = await serving
        }
        #expect(a.sessionCount + b.sessionCount == 0)
        #expect(server.openLinkCount + client.openLinkCount == 0)
        // Nothing was ever sent twice: it would have been reported as stale.
        await b.until { state in
            !state.reports.contains { if case .stale = $0 { true } else { false } }
        }
    }

    @Test func `shutting down ends the sessions that others run, and refuses new ones`() async {
        let host = ReplicaHost("A")
        let swarm = Swarm(host)
        let (ours, theirs) = InMemoryLink.pair()
        let running = Task { await swarm.run(ours) }
        await host.until { $0.signals.count == 1 }
        await swarm.shutDown()
        if case .shutdown = await running.value {} else { Issue.record("not shut down") }
        #expect(host.sessionCount == 0)
        if case .shutdown = await swarm.run(theirs) {
        } else {
            Issue.record("a session after the end")
        }
    }

    @Test func `a peer that is cut off and reads no more does not keep its link open`() async {
        let host = ReplicaHost("A")
        for value in 0..<1_000 { host.write(value) }
        let (ours, deaf) = InMemoryLink.pair(bound: 64)
        let running = Task { await Swarm(host).run(ours, options: .sendOnly()) }
        await host.until { $0.signals.count == 1 }
        host.cutOff()
        _ = await running.value
        #expect(host.sessionCount == 0)
        withExtendedLifetime(deaf) {}
    }

    @Test func `Q13 a line that is not JSON ends that session with its reason and no other`()
        async throws
    {
        let host = ReplicaHost("A")
        let swarm = Swarm(host)
        let (ours, bad) = InMemoryLink.pair()
        let (other, good) = InMemoryLink.pair()
        let failing = Task { await swarm.run(ours) }
        let going = Task { await swarm.run(other) }
        try await bad.send(
            OutboundLines(lines: [Array("[1,5,\"X\"]".utf8), Array("nonsense".utf8)]))
        guard case .fault(let error) = await failing.value else {
            Issue.record("no fault")
            return
        }
        #expect(error.code == .notJSON)
        #expect(host.count == 1, "what stood before the bad line counts")
        try await good.send(OutboundLines(lines: [Array("[1,6,\"X\"]".utf8)]))
        await host.until { $0.replica.value.count == 2 }
        going.cancel()
        _ = await going.value
    }

    @Test func `a session without tail ends its half after SYNC and takes what still comes`()
        async throws
    {
        let host = ReplicaHost("A")
        host.write(1)
        var options = SessionOptions()
        options.tails = false
        let (ours, theirs) = InMemoryLink.pair()
        let running = Task { [options] in await Swarm(host).run(ours, options: options) }
        try await theirs.send(OutboundLines(lines: [Array("{\"clock\":{}}".utf8)]))
        var said: [String] = []
        while let lines = try await theirs.receive() {
            said += lines.ranges.map { String(decoding: lines.bytes[$0], as: UTF8.self) }
        }
        #expect(said.last?.trimmingSuffix(while: \.isNewline) == "\"SYNC\"")
        try await theirs.send(OutboundLines(lines: [Array("[1,6,\"X\"]".utf8)]))
        await theirs.finish()
        if case .finished = await running.value {} else { Issue.record("did not end") }
        #expect(host.count == 2)
    }

    @Test func `dialling goes on with back-off until it is closed`() async {
        let network = InMemoryNetwork()
        let delays = Mutex<[Duration]>([])
        let (enough, signal) = AsyncStream<Void>.makeStream()
        let swarm = Swarm(
            ReplicaHost("A"),
            sleep: { delay in
                let count = delays.withLock { delays in
                    delays.append(delay)
                    return delays.count
                }
                if count < 12 { return }
                signal.yield()
                try await Task.sleep(for: .seconds(3_600))
            })
        let connection = swarm.connect(network.transport(to: "nobody"))
        for await _ in enough { break }
        #expect(swarm.dialStatuses.count == 1)
        await connection.close()
        #expect(swarm.dialStatuses.isEmpty)
        let waited = delays.withLock { $0 }
        #expect(waited[0] >= .milliseconds(500) && waited[0] <= .seconds(1))
        #expect(waited[11] == .seconds(30) || waited[11] >= .seconds(16))
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> String {
        String(reversed().drop(while: matches).reversed())
    }
}

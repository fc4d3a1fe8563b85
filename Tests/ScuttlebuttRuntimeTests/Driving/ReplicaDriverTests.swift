// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct ReplicaDriverTests {
    @Test func `a write shows at once, stamped by the wall clock`() throws {
        var options = ReplicaOptions.named("US")
        options.timestamps = .wallClock
        options.wallClock = { 1_700_000_000_000.5 }
        let notes = ReplicaDriver(Notes(), options: options)
        let update = try notes.write { $0.adding("a") }
        #expect(update?.timestamp.value == 1_700_000_000_000.5)
        #expect(notes.value.texts == ["\"a\""])
        #expect(notes.value.milliseconds == 1_700_000_000_000.5)
        #expect(notes.vector.description == "US@1700000000000.5")
    }

    @Test func `nothing to do writes nothing, and what the closure throws changes nothing`() throws
    {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        #expect(try notes.write { _ in nil } == nil)
        #expect(throws: CancellationError.self) {
            try notes.write { _ in throw CancellationError() }
        }
        let error = #expect(throws: ReplicaError.self) { try notes.write { _ in [0x31] } }
        #expect(error?.message == "a note is a string")
        #expect(notes.value.texts.isEmpty)
        #expect(try notes.write { $0.adding("a") }?.timestamp.value == 1)
    }

    @Test func `two replicas level over a link, in both directions, then live`() async throws {
        let (a, b) = (
            ReplicaDriver(Notes(), options: .named("A")),
            ReplicaDriver(Notes(), options: .named("B"))
        )
        for number in 0..<100 { try a.write { $0.adding("\(number)") } }
        try b.write { $0.adding("b") }
        let network = InMemoryNetwork()
        a.swarm.listen(try network.listen(at: "a"))
        b.swarm.connect(network.transport(to: "a"))
        await b.synced()
        await a.synced()
        await a.until { $0.texts.count == 101 }
        #expect(b.value.texts == a.value.texts)
        #expect(a.status.isSynced && b.status.isSynced)
        #expect(a.status.pending == 0)
        try a.write { $0.adding("live") }
        await b.until { $0.texts.count == 102 }
        await b.shutDown()
        await a.shutDown()
        #expect(a.status.connected + b.status.connected == 0)
    }

    @Test func `a copy goes its own way under a source of its own`() throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        try notes.write { $0.adding("a") }
        let copy = notes.clone(source: Source("COPY"))
        try copy.write { $0.adding("b") }
        try notes.write { $0.adding("c") }
        #expect(copy.vector.description == "COPY@2 US@1")
        #expect(copy.value.texts == ["\"a\"", "\"b\""])
        #expect(notes.value.texts == ["\"a\"", "\"c\""])
        #expect(notes.clone().source != notes.source)
    }

    @Test func `several payloads are written in order and told as one batch`() throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let told = Told<[String]>()
        let subscription = notes.observe { told.append(Array($0)) }
        try notes.writeAll { [$0.adding("a"), $0.adding("b")] }
        #expect(told.all == [["a", "b"]])
        withExtendedLifetime(subscription) {}
    }

    @Test func `after shutting down writes throw and sequences end`() async throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        try notes.write { $0.adding("a") }
        var changes = notes.changes.makeAsyncIterator()
        var events = notes.events.makeAsyncIterator()
        await notes.shutDown()
        await notes.shutDown()
        let error = #expect(throws: ReplicaError.self) { try notes.write { $0.adding("b") } }
        #expect(error?.code == .closed)
        #expect(await changes.next() == nil)
        #expect(await events.next() == nil)
        var late = notes.changes.makeAsyncIterator()
        #expect(await late.next() == nil)
        await notes.synced()
    }

    @Test func `a driver without connections that is dropped is gone, and its sequences end`()
        async
    {
        var notes: ReplicaDriver? = ReplicaDriver(Notes(), options: .named("US"))
        weak let dropped = notes
        var iterator = notes?.events.makeAsyncIterator()
        let subscription = notes?.observe { _ in }
        notes = nil
        #expect(dropped == nil)
        #expect(await iterator?.next() == nil)
        subscription?.cancel()
    }

    @Test func `a copy of a type that knows its writer is built for the new one`() throws {
        let notes = ReplicaDriver(options: .named("US")) { Notes(author: $0) }
        try notes.write { $0.adding("a") }
        let copy = notes.clone(source: Source("COPY"))
        try copy.write { $0.adding("b") }
        #expect(notes.value.author?.text == "US")
        #expect(copy.value.author?.text == "COPY")
        #expect(copy.value.texts == ["\"a\"", "\"b\""])
        #expect(copy.clone(source: Source("C")).value.author?.text == "C")
    }

    // MARK: Bad input

    @Test func `what does not fit the type is counted and reported, and the rest goes on`()
        async throws
    {
        let told = Told<ReplicaEvent>()
        var options = ReplicaOptions.named("US")
        options.onEvent = { told.append($0) }
        let notes = ReplicaDriver(Notes(), options: options)
        let (bad, other) = (RawPeer(notes.swarm), RawPeer(notes.swarm))
        try await other.send("{\"clock\":{}}")
        try await bad.send(
            "[1,1,\"A\"]", "[\"x\",-1,\"A\"]", "[{\"__proto__\":1},2,\"A\"]", "[\"ok\",3,\"A\"]",
            "[\"ok\",3,\"A\"]", "7")
        let heard = try await other.heard { $0 == "[\"ok\",3,\"A\"]" }
        #expect(!heard.contains { $0.hasPrefix("[1,") || $0.hasPrefix("[{") })
        try await bad.send("\"SYNC\"")
        await notes.until { $0.texts == ["\"ok\""] }
        while notes.status.stale == 0 { await Task.yield() }
        #expect(notes.status.refused == 3)
        let invalid = await told.matching(atLeast: 3) {
            if case .refused = $0 { true } else { false }
        }
        #expect(invalid.count == 3)
        await notes.shutDown()
    }

    @Test func `a replica at its size limit refuses writes and ends sessions that bring more`()
        async throws
    {
        let told = Told<ReplicaEvent>()
        var options = ReplicaOptions.named("US")
        options.sizeLimit = 10
        options.onEvent = { told.append($0) }
        let notes = ReplicaDriver(Notes(), options: options)
        try notes.write { $0.adding("12345") }
        let error = #expect(throws: ReplicaError.self) { try notes.write { $0.adding("67890") } }
        #expect(error?.code == .sizeLimit)
        let peer = RawPeer(notes.swarm)
        try await peer.send(
            "[\"1\",1,\"A\"]", "[\"67890\",2,\"A\"]", "[\"3\",3,\"A\"]")
        guard case .fault(let fault) = await peer.running.value else {
            Issue.record("the session went on")
            return
        }
        #expect(fault.code == .sizeLimit)
        #expect(notes.vector.description == "A@1 US@1", "nothing is skipped")
        let cutOff = await told.matching(atLeast: 1) {
            if case .cutOff = $0 { true } else { false }
        }
        #expect(cutOff.count == 1)
        await notes.shutDown()
    }

    @Test func `a line that is not JSON ends that session; what stood before it counts`()
        async throws
    {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let peer = RawPeer(notes.swarm)
        try await peer.send("[\"a\",1,\"A\"]", "nonsense")
        if case .fault = await peer.running.value {} else { Issue.record("it went on") }
        #expect(notes.value.texts == ["\"a\""])
        #expect(notes.status.connected == 0)
    }

    @Test func `after a lost store new writes wait for the old ones, at most two seconds`()
        async throws
    {
        let slept = Told<Duration>()
        let (gate, open) = AsyncStream<Void>.makeStream()
        var options = ReplicaOptions.named("US")
        options.sleep = { duration in
            slept.append(duration)
            for await _ in gate { break }
        }
        let notes = ReplicaDriver(Notes(), options: options)
        let (peer, other) = (RawPeer(notes.swarm), RawPeer(notes.swarm))
        try await other.send("{\"clock\":{}}")
        _ = try await other.heard { $0 == "\"SYNC\"" }
        try await peer.send("{\"id\":\"P\",\"clock\":{\"US\":3}}", "[\"old\",1,\"US\"]")
        await notes.until { $0.texts == ["\"old\""] }
        let written = try notes.write { $0.adding("new") }
        #expect(written?.timestamp.value == 4)
        #expect(notes.vector.description == "US@1")
        try await peer.send("[\"older\",2,\"US\"]")
        open.yield()
        let heard = try await other.heard { $0 == "[\"new\",4,\"US\"]" }
        #expect(slept.all == [.milliseconds(2_000)])
        #expect(heard.filter { $0.hasPrefix("[") }.last == "[\"new\",4,\"US\"]")
        await notes.shutDown()
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20))) struct ReplicaObservingTests {
    @Test func `an observer hears before the write returns, until its token is dropped`() throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let told = Told<String>()
        var subscription: ReplicaSubscription? = notes.observe { changes in
            for change in changes { told.append(change) }
        }
        try notes.write { $0.adding("a") }
        #expect(told.all == ["a"])
        subscription?.cancel()
        subscription = nil
        try notes.write { $0.adding("b") }
        #expect(told.all == ["a"])
    }

    @Test func `an observer may read and write; what it writes is told after`() throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let told = Told<String>()
        let first = notes.observe { [weak notes] changes in
            for change in changes where change.count < 3 {
                _ = try? notes?.write { $0.adding(change + "'") }
            }
        }
        let second = notes.observe { changes in for change in changes { told.append(change) } }
        try notes.write { $0.adding("a") }
        #expect(told.all == ["a", "a'", "a''"])
        withExtendedLifetime((first, second)) {}
    }

    @Test func `a batch of a peer is told once`() async throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        var iterator = notes.changes.makeAsyncIterator()
        let batches = Told<Int>()
        let subscription = notes.observe { batches.append($0.count) }
        let peer = RawPeer(notes.swarm)
        try await peer.send(
            "[\"a\",1,\"A\"]", "[\"b\",2,\"A\"]", "[\"c\",3,\"A\"]")
        #expect(await iterator.next().map(Array.init) == ["a", "b", "c"])
        #expect(await batches.matching(atLeast: 1) { _ in true } == [3])
        withExtendedLifetime(subscription) {}
        await notes.shutDown()
    }

    @Test func `many threads write, and each observer hears everything in one and the same order`()
        async throws
    {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let (one, two) = (Told<String>(), Told<String>())
        let first = notes.observe { for change in $0 { one.append(change) } }
        let second = notes.observe { for change in $0 { two.append(change) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<250 { try notes.write { $0.adding("\(task)-\(number)") } }
                }
            }
            try await group.waitForAll()
        }
        // A writer may be back while another one tells what it wrote.
        while two.all.count < 2_000 { await Task.yield() }
        let written = notes.value.texts.map { String($0.dropFirst().dropLast()) }
        #expect(one.all == written)
        #expect(two.all == written)
        withExtendedLifetime((first, second)) {}
    }

    @Test func `a slow reader gets the newest changes, and is told how many it missed`()
        async throws
    {
        var options = ReplicaOptions.named("US")
        options.changeLimit = 10
        let notes = ReplicaDriver(Notes(), options: options)
        var iterator = notes.changes.makeAsyncIterator()
        for number in 0..<25 { try notes.write { $0.adding("\(number)") } }
        let batch = try #require(await iterator.next())
        #expect(batch.missed == 15)
        #expect(batch.isReset)
        #expect(Array(batch) == (15..<25).map(String.init))
        try notes.write { $0.adding("next") }
        let next = try #require(await iterator.next())
        #expect(Array(next) == ["next"])
        #expect(!next.isReset)
    }

    @Test func `a slow reader of events gets the newest behind a count of the others`()
        async throws
    {
        var options = ReplicaOptions.named("US")
        options.eventLimit = 3
        let heard = Told<ReplicaEvent>()
        options.onEvent = { heard.append($0) }
        let notes = ReplicaDriver(Notes(), options: options)
        var iterator = notes.events.makeAsyncIterator()
        let peer = RawPeer(notes.swarm)
        for _ in 0..<12 { try await peer.send("[\"a\",1,\"A\"]") }
        // Once the eleventh is being told, ten have reached the reader, or it as well.
        while heard.all.count < 11 { await Task.yield() }
        var told: [ReplicaEvent] = []
        for _ in 0..<4 { if let event = await iterator.next() { told.append(event) } }
        #expect(told.first == .missed(7) || told.first == .missed(8))
        #expect(told.dropFirst().allSatisfy { if case .stale = $0 { true } else { false } })
        await notes.shutDown()
    }

    @Test func `updates are told as the wire has them, own ones and those of others`()
        async throws
    {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        var iterator = notes.updates.makeAsyncIterator()
        let written = try notes.write { $0.adding("a") }
        #expect(await iterator.next().map(Array.init) == written.map { [$0] })
        let peer = RawPeer(notes.swarm)
        try await peer.send("[\"b\", 7e0 ,\"A\"]", "[1,8,\"A\"]")
        let updates = try #require(await iterator.next())
        var line: [UInt8] = []
        for update in updates { ClassicWire.append(update, to: &line) }
        #expect(String(decoding: line, as: UTF8.self) == "[\"b\", 7e0 ,\"A\"]")
        await notes.shutDown()
    }

    @Test func `who begins to listen hears nothing of before`() async throws {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        try notes.write { $0.adding("a") }
        var iterator = notes.changes.makeAsyncIterator()
        try notes.write { $0.adding("b") }
        #expect(await iterator.next().map(Array.init) == ["b"])
    }

    @Test func `a reader whose task is cancelled gets the end`() async {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let (started, start) = AsyncStream<Void>.makeStream()
        let task = Task {
            var iterator = notes.changes.makeAsyncIterator()
            start.yield()
            return await iterator.next() == nil
        }
        for await _ in started { break }
        task.cancel()
        #expect(await task.value)
    }

    @Test func `an observer that is stuck loses what is beyond the bound, and is told`()
        async throws
    {
        let notes = ReplicaDriver(Notes(), options: .named("US"))
        let told = Told<(count: Int, missed: Int, isReset: Bool)>()
        let subscription = notes.observe { [weak notes] changes in
            told.append((changes.count, changes.missed, changes.isReset))
            guard told.all.count == 1 else { return }
            for number in 0..<10_000 { _ = try? notes?.write { $0.adding("\(number)") } }
        }
        try notes.write { $0.adding("a") }
        let all = told.all
        #expect(all.reduce(0) { $0 + $1.count + $1.missed } == 10_001)
        #expect(all.contains { $0.isReset })
        #expect(all.count < 8_200)
        withExtendedLifetime(subscription) {}
    }
}

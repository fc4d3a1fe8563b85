// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import Testing

@Suite(.timeLimit(.minutes(20))) struct ReplicaStorageTests {
    @Test func `a write shows at once and leaves when it is saved`() async throws {
        let storage = FaultInjectingStorage()
        await storage.holdSyncs()
        let notes = try await ReplicaDriver(Notes(), storage: storage, options: .named("US"))
        let peer = RawPeer(notes.swarm)
        try await peer.send("{\"clock\":{}}")
        _ = try await peer.heard { $0 == "\"SYNC\"" }
        try notes.write { $0.adding("a") }
        #expect(notes.value.texts == ["\"a\""])
        #expect(notes.vector.description == "")
        #expect(notes.status.unsaved == 1)
        while await storage.heldAppendCount == 0 { await Task.yield() }
        try await peer.send("[\"theirs\",1,\"P\"]")
        await notes.until { $0.texts.count == 2 }
        await storage.releaseSyncs()
        #expect(try await peer.heard { _ in true } == ["[\"a\",1,\"US\"]"])
        try await notes.flush()
        #expect(await storage.durableUpdates.map(\.source.text).sorted() == ["P", "US"])
        await notes.shutDown()
    }

    @Test func `after a restart value, source, vector and time are as they were`() async throws {
        let storage = FaultInjectingStorage()
        let first = try await ReplicaDriver(Notes(), storage: storage, options: .named("US"))
        for number in 0..<3_000 { try first.write { $0.adding("\(number)") } }
        let peer = RawPeer(first.swarm)
        try await peer.send("[\"theirs\",9000,\"P\"]")
        await first.until { $0.texts.count == 3_001 }
        await first.shutDown()
        await storage.reopen()
        let second = try await ReplicaDriver(Notes(), storage: storage)
        #expect(second.source.text == "US")
        #expect(second.vector.description == "P@9000 US@3000")
        #expect(second.value.texts == first.value.texts)
        #expect(try second.write { $0.adding("x") }.map { $0.timestamp.value > 9_000 } == true)
        await second.shutDown()
    }

    @Test func `a failure is reported, and what could not be saved is kept and tried again`()
        async throws
    {
        let storage = FaultInjectingStorage()
        let told = Told<ReplicaEvent>()
        let (gate, open) = AsyncStream<Void>.makeStream()
        var options = ReplicaOptions.named("US")
        options.onEvent = { told.append($0) }
        options.sleep = { _ in for await _ in gate { break } }
        let notes = try await ReplicaDriver(Notes(), storage: storage, options: options)
        await storage.failNextAppend()
        try notes.write { $0.adding("a") }
        await #expect(throws: StorageError.self) { try await notes.flush() }
        #expect(await told.matching(atLeast: 1) { _ in true }.count == 1)
        #expect(notes.vector.description == "", "it has not left")
        try notes.write { $0.adding("b") }
        open.yield()
        while notes.status.unsaved > 0 { await Task.yield() }
        try await notes.flush()
        #expect(await storage.durableUpdates.map(\.timestamp.value) == [1, 2])
        #expect(notes.vector.description == "US@2")
        await notes.shutDown()
    }

    @Test func `a saved update that does not fit the type is reported and keeps its stamp`()
        async throws
    {
        let storage = FaultInjectingStorage()
        let source = try await storage.source(proposing: try #require(Source("US")))
        let time = try #require(Timestamp(7))
        try await storage.append([Update(payload: [0x31], timestamp: time, source: source)])
        let told = Told<ReplicaEvent>()
        var options = ReplicaOptions.named("US")
        options.onEvent = { told.append($0) }
        let notes = try await ReplicaDriver(Notes(), storage: storage, options: options)
        #expect(told.all.count == 1)
        #expect(try notes.write { $0.adding("a") }?.timestamp.value == 8)
        await notes.shutDown()
    }

    @Test func `what came home behind newer writes is there after a restart`() async throws {
        let storage = FaultInjectingStorage()
        let notes = try await ReplicaDriver(Notes(), storage: storage, options: .named("US"))
        let peer = RawPeer(notes.swarm)
        try await peer.send("{\"id\":\"P\",\"clock\":{\"US\":2}}")
        _ = try await peer.heard { $0 == "\"SYNC\"" }
        try notes.write { $0.adding("new") }
        try await notes.flush()
        try await peer.send("[\"a\",1,\"US\"]", "[\"b\",2,\"US\"]")
        await notes.until { $0.texts.count == 3 }
        try await notes.flush()
        await notes.shutDown()
        await storage.reopen()
        let second = try await ReplicaDriver(Notes(), storage: storage)
        #expect(second.value.texts == ["\"a\"", "\"b\"", "\"new\""])
        await second.shutDown()
    }

    @Test func `a storage that cannot be read is an error, and nothing was written to it`()
        async throws
    {
        let storage = FaultInjectingStorage()
        await storage.close()
        await #expect(throws: StorageError.self) {
            _ = try await ReplicaDriver(Notes(), storage: storage)
        }
    }
}

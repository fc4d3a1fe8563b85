// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import ScuttlebuttRuntime
import Testing

private struct Person: Codable, Equatable {
    var name: String
    var isTyping = false
}

private typealias NoteStore = GossipStore<[Int], Note>

/// Who is here, as a program sees it.
@Suite("Presence of a store", .timeLimit(.minutes(20))) struct StorePresenceTests {
    private func store(_ name: String) throws -> NoteStore {
        var options = GossipOptions<Note>()
        options.source = source(name)
        return try GossipStore(initial: [], reducer: adding, options: options)
    }

    /// Two stores that are connected through a third one.
    private func withStores(
        _ body: (_ ada: NoteStore, _ bob: NoteStore, _ relay: NoteStore) async throws -> Void
    ) async throws {
        let network = InMemoryNetwork()
        let (ada, bob, relay) = (try store("ada"), try store("bob"), try store("relay"))
        relay.swarm.listen(try network.listen(at: "relay"))
        ada.connect(network.transport(to: "relay"))
        bob.connect(network.transport(to: "relay"))
        try await body(ada, bob, relay)
        for store in [ada, bob, relay] { await store.shutDown() }
    }

    @Test func `one value per peer, told to all through a relay, and it is not in the log`()
        async throws
    {
        try await withStores { ada, bob, relay in
            try ada.presence.set(Person(name: "Ada"))
            let others = await bob.presence.others { $0.count == 1 }
            #expect(others.first?.source == source("ada"))
            #expect(try others.first?.decode(Person.self) == Person(name: "Ada"))
            #expect(others.first?["name"]?.string == "Ada")
            #expect(ada.presence.others.isEmpty, "nobody is among their own others")
            #expect(ada.presence.own?.source == source("ada"))
            #expect(ada.updateCount + bob.updateCount + relay.updateCount == 0)
        }
    }

    @Test func `one member can be changed by itself`() async throws {
        try await withStores { ada, bob, _ in
            try ada.presence.set("name", "Ada")
            try ada.presence.set("isTyping", true)
            let typing = await bob.presence.others { $0.first?["isTyping"]?.bool == true }
            #expect(try typing.first?.decode(Person.self) == Person(name: "Ada", isTyping: true))
            try ada.presence.set("isTyping", false)
            _ = await bob.presence.others { $0.first?["isTyping"]?.bool == false }
        }
    }

    @Test func `who clears it or shuts down is gone at once`() async throws {
        try await withStores { ada, bob, relay in
            try ada.presence.set(Person(name: "Ada"))
            try bob.presence.set(Person(name: "Bob"))
            _ = await relay.presence.others { $0.count == 2 }
            ada.presence.clear()
            _ = await bob.presence.others { $0.isEmpty }
            #expect(ada.presence.own == nil)
            await bob.shutDown()
            _ = await relay.presence.others { $0.isEmpty }
        }
    }

    @Test func `what is no small JSON object is refused, and nothing changes`() async throws {
        let store = try store("ada")
        try store.presence.set("name", "Ada")
        #expect(throws: ReplicaError.self) { try store.presence.set([1, 2]) }
        #expect(throws: ReplicaError.self) { try store.presence.set("just text") }
        #expect(throws: ReplicaError.self) {
            try store.presence.set("name", String(repeating: "x", count: 2_000))
        }
        #expect(throws: ReplicaError.self) {
            try store.presence.set(Person(name: "Ada"), lifetime: .seconds(2))
        }
        #expect(throws: ReplicaError.self) {
            try store.presence.set(Person(name: "Ada"), lifetime: .seconds(Int.max))
        }
        #expect(throws: ReplicaError.self) { try store.presence.set(json: Array("{".utf8)) }
        #expect(store.presence.own?.json == Array(#"{"name":"Ada"}"#.utf8))
        await store.shutDown()
        #expect(throws: ReplicaError.self) { try store.presence.set("name", "Ada") }
    }

    @Test func `the changes begin with who is here and end with the shutdown`() async throws {
        let store = try store("ada")
        var changes = store.presence.changes.makeAsyncIterator()
        #expect(await changes.next() == [])
        await store.shutDown()
        #expect(await changes.next() == nil)
        var late = store.presence.changes.makeAsyncIterator()
        _ = await late.next()
        #expect(await late.next() == nil)
    }

    @Test func `a replicated object has it too`() async throws {
        let network = InMemoryNetwork()
        let (first, second) = (
            ReplicaDriver(ReplicatedModel<JSONValue>()), ReplicaDriver(ReplicatedModel<JSONValue>())
        )
        first.swarm.listen(try network.listen(at: "first"))
        second.swarm.connect(network.transport(to: "first"))
        try first.presence.set(Person(name: "Ada"))
        let others = await second.presence.others { $0.count == 1 }
        #expect(try others.first?.decode(Person.self) == Person(name: "Ada"))
        #expect(others.first?.source == first.source)
        await first.shutDown()
        _ = await second.presence.others { $0.isEmpty }
        await second.shutDown()
    }
}

extension Presence {
    /// Waits until the others are as wanted.
    fileprivate func others(_ isWanted: ([PresentPeer]) -> Bool) async -> [PresentPeer] {
        for await others in changes where isWanted(others) { return others }
        Issue.record("it ended before")
        return []
    }
}

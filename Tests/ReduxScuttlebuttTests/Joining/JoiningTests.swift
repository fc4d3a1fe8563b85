// SPDX-License-Identifier: MIT

import Redux
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import ScuttlebuttSecurity
import Synchronization
import TestSupport
import Testing

@testable import ReduxScuttlebutt

@Suite("Joining by the state of a peer", .timeLimit(.minutes(5)))
struct JoiningTests {
    let fixture = JoiningFixture()

    @Test("Who lacks much shows the state at once, and confirms it when the history has come")
    func stateFirst() async throws {
        let server = try await fixture.server(2_000)
        let (storage, events) = (FaultInjectingStorage(), Journal<GossipEvent>())
        let calls = Mutex(0)
        let counting = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
            calls.withLock { $0 += 1 }
            if case .add(let value) = action { state.append(value) }
        }
        let joiner = try await fixture.open("j", storage, reducer: counting, events: events)
        // What is not saved is not confirmed.
        await storage.holdSyncs()
        joiner.connect(fixture.network.transport(to: "server"))
        await events.join(\.isJoined)
        #expect(joiner.state == Array(1...2_000))
        #expect(calls.withLock { $0 } < 1_000)

        // It goes on in both directions meanwhile.
        server.dispatch(.add(2_001))
        await joiner.until { $0.last == 2_001 }
        joiner.dispatch(.add(2_002))
        #expect(joiner.state == Array(1...2_002))

        await storage.releaseSyncs()
        await events.join(\.isConfirmed)
        await server.until { $0 == Array(1...2_002) }
        await joiner.until { $0 == Array(1...2_002) }
        try await joiner.flush()
        #expect(try await JoiningFixture.fold(storage) == Array(1...2_002))
        #expect(!events.joins.contains { $0.isRefuted || $0.isFailed })
        await joiner.shutDown()
        await server.shutDown()
    }

    @Test("What was written here before is shown after the state, and keeps its place in the log")
    func ownBefore() async throws {
        let server = try await fixture.server(1_000)
        let (storage, events) = (FaultInjectingStorage(), Journal<GossipEvent>())
        let joiner = try await fixture.open("j", storage, events: events)
        joiner.dispatch(.add(-1))
        joiner.dispatch(.secret(-10))
        joiner.dispatch(.add(-2))
        try await joiner.flush()
        await storage.holdSyncs()
        joiner.connect(fixture.network.transport(to: "server"))
        await events.join(\.isJoined)
        #expect(joiner.state == Array(1...1_000) + [-1, -10, -2])
        joiner.dispatch(.add(-3))
        joiner.dispatch(.secret(-11))
        await storage.releaseSyncs()
        await events.join(\.isConfirmed)
        // The first write of each has the timestamp 1, and so on: the smaller source comes first.
        let all = [-1, -10, 1, -2] + Array(2...1_000) + [-3, -11]
        await joiner.until { $0 == all }
        await server.until { $0 == all.filter { $0 > -10 } }
        await joiner.shutDown()
        await server.shutDown()
    }

    @Test("A state that the history does not fold to is reported with its place, and replaced")
    func liar() async throws {
        let storage = InMemoryStorage()
        let honest = try await fixture.server(1_000, storage: storage)
        await honest.shutDown()
        await storage.reopen()
        var lie = try #require(try await storage.checkpoints().last)
        let wrong = try StateCoding<[Int]>.canonical.encode(Array(repeating: 7, count: lie.count))
        lie.stateHash = LogHash.sha256(wrong)
        lie.stateByteCount = wrong.count
        try await storage.remove([lie])
        #expect(try await storage.file(lie, state: wrong, since: storage.mark()))
        // With this interval it stores no newer one.
        let server = try await fixture.open(
            "server", storage, checkpoints: JoiningFixture.checkpoints(interval: 500))
        server.swarm.listen(try fixture.network.listen(at: "liar"))
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open("j", FaultInjectingStorage(), events: events)
        joiner.connect(fixture.network.transport(to: "liar"))
        await events.join(\.isRefuted)
        await joiner.until { $0 == Array(1...1_000) }
        let refuted = events.joins.first { $0.isRefuted }
        guard case .refuted(let claimed, let name, let after, let through, let text)? = refuted
        else { return }
        #expect(claimed == lie && name == "memory liar")
        #expect(through == lie.stamp && text == "the log folds to another state")
        // The checkpoint before it was right.
        let before = try await storage.checkpoints().dropLast().last
        #expect(after == before?.stamp && after != nil)
        await joiner.shutDown()
        await server.shutDown()
    }

    @Test("Whoever trusts nobody, or not this one, folds the history", arguments: [true, false])
    func trust(isOff: Bool) async throws {
        let server = try await fixture.server(1_000)
        var joining = Joining()
        joining.trust = isOff ? .nobody : .peers(named: ["memory other"])
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open(
            "j", InMemoryStorage(), checkpoints: JoiningFixture.checkpoints(joining: joining),
            events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        await joiner.until { $0 == Array(1...1_000) }
        await joiner.synced()
        #expect(events.joins.isEmpty)
        await joiner.shutDown()
        await server.shutDown()
    }

    @Test("A store that judges the actions of others takes nobody's state")
    func verifying() async throws {
        let server = try await fixture.server(500)
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open("j", InMemoryStorage(), events: events) { one, _ in
            one.action != .add(7)
        }
        joiner.connect(fixture.network.transport(to: "server"))
        await joiner.until { $0 == Array(1...6) + Array(8...500) }
        #expect(events.joins.isEmpty)
        await joiner.shutDown()
        await server.shutDown()
    }

    @Test("A peer with another version of the reducer, or one that lacks little, gets the history")
    func notWorthwhile() async throws {
        let server = try await fixture.server(1_000)
        let events = Journal<GossipEvent>()
        let other = try await fixture.open(
            "o", InMemoryStorage(), checkpoints: JoiningFixture.checkpoints(version: "2"),
            events: events)
        other.connect(fixture.network.transport(to: "server"))
        await other.until { $0 == Array(1...1_000) }
        await other.synced()
        other.dispatch(.add(1_001))
        await server.until { $0.count == 1_001 }
        await other.shutDown()

        let storage = InMemoryStorage()
        let joiner = try await fixture.open("j", storage, events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        await events.join(\.isConfirmed)
        let count = events.joins.count
        fixture.network.cut()
        for value in 1_002...1_020 { server.dispatch(.add(value)) }
        await joiner.until { $0 == Array(1...1_020) }
        #expect(events.joins.count == count)
        await joiner.shutDown()
        await server.shutDown()
    }

    @Test("A reducer that is replaced before the history has come folds what is here")
    func replacedReducer() async throws {
        let server = try await fixture.server(1_000)
        let (storage, events) = (FaultInjectingStorage(), Journal<GossipEvent>())
        let joiner = try await fixture.open("j", storage, events: events)
        await storage.holdSyncs()
        joiner.connect(fixture.network.transport(to: "server"))
        await events.join(\.isJoined)
        joiner.replaceReducer(
            Reducer { (state: inout [Int], action: Note) in
                if case .add(let value) = action { state.append(-value) }
            })
        await storage.releaseSyncs()
        await joiner.until { $0 == (1...1_000).map { -$0 } }
        await joiner.shutDown()
        await server.shutDown()
    }
}

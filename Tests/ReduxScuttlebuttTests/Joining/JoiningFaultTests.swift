// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import ScuttlebuttSecurity
import TestSupport
import Testing

@testable import ReduxScuttlebutt

@Suite("Joining by the state of a peer that is broken, slow or lies", .timeLimit(.minutes(5)))
struct JoiningFaultTests {
    let fixture = JoiningFixture()

    enum Fault: String, CaseIterable, Sendable {
        case none, silence, trickle, flood, tooLarge, otherBytes, nonsense, more, less
        case otherReducer, otherState, undecodable, vectorAbovePlace, vectorAboveHeader
        case placeAboveCeiling, hugeCount, unorderedTail, unreadableTail, brokenDescription

        /// What the event says; `nil` if nothing is wrong.
        var reason: String? {
            switch self {
            case .none: nil
            case .silence: "silent for too long"
            case .trickle: "longer than timeLimit"
            case .flood: "sent other things"
            case .tooLarge: "more than byteLimit"
            case .otherBytes: "does not match its hash"
            case .nonsense: "a line that cannot be read"
            case .more: "more than it was asked for"
            case .less: "less than it was asked for"
            case .otherReducer: "another version of the reducer"
            case .otherState: "its state does not match its hash"
            case .undecodable: "its state cannot be decoded"
            case .vectorAbovePlace, .placeAboveCeiling, .hugeCount:
                "its version vector does not fit"
            case .vectorAboveHeader: "more than it says it has"
            case .unorderedTail: "updates that cannot be read in order"
            case .unreadableTail: "it cannot read its log"
            case .brokenDescription: "it cannot be read"
            }
        }

        /// What is offered.
        func content(_ count: Int) throws -> [UInt8] {
            switch self {
            case .otherReducer:
                try ScriptedServer.content(count) { one, _ in one.reducerVersion = "2" }
            case .otherState:
                try ScriptedServer.content(count) { _, state in state.append(0) }
            case .undecodable:
                try ScriptedServer.content(count) { one, state in
                    state = [0xFF]
                    one.stateHash = LogHash.sha256(state)
                }
            case .vectorAbovePlace:
                try ScriptedServer.content(count) { one, _ in
                    one.vector.advance(source("x"), to: ScriptedServer.update(count + 1).timestamp)
                }
            case .vectorAboveHeader:
                try ScriptedServer.content(count) { one, _ in
                    one.vector.advance(source("x"), to: ScriptedServer.update(1).timestamp)
                }
            case .hugeCount:
                try ScriptedServer.content(count) { one, _ in one.count = .max }
            case .placeAboveCeiling:
                try ScriptedServer.content(count) { one, _ in
                    one.vector.advance(one.stamp.source, to: .maximum)
                    one.stamp = Stamp(timestamp: .maximum, source: one.stamp.source)
                }
            case .brokenDescription:
                Array("{\"place\":1}\n[]".utf8)
            default:
                try ScriptedServer.content(count)
            }
        }
    }

    @Test(
        "The history comes instead, nothing is wrong, and the reason is said",
        arguments: Fault.allCases)
    func fault(_ fault: Fault) async throws {
        let server = try ScriptedServer(fixture.network, at: "server")
        var joining = Joining()
        joining.byteLimit = 1 << 20
        if fault == .silence { joining.silenceLimit = .milliseconds(1) }
        if fault == .trickle { joining.timeLimit = .milliseconds(1) }
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open(
            "j", FaultInjectingStorage(),
            checkpoints: JoiningFixture.checkpoints(joining: joining), events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        let talk = try await server.accept(count: 150)
        try await play(fault, talk)
        try await talk.history(150)
        await joiner.until { $0 == Array(1...150) }
        let failures = events.joins.compactMap { event -> String? in
            if case .failed(_, let text) = event { text } else { nil }
        }
        #expect(failures.count == (fault.reason == nil ? 0 : 1))
        if let reason = fault.reason {
            #expect(failures.first?.contains(reason) ?? false, "\(failures)")
        }
        let joined = events.joins.filter(\.isJoined)
        #expect(joined.isEmpty)
        await joiner.shutDown()
    }

    /// Does what is wrong, until the joiner has given up and sends its header.
    private func play(_ fault: Fault, _ talk: Talk) async throws {
        let content = try fault.content(140)
        while let next = try await talk.next() {
            guard case .join(let line?) = next else { return }
            switch (line, fault) {
            case (.ask, .none): try await talk.send(JoinLine.none)
            case (.ask, .nonsense): try await talk.send("\"JOIN nonsense\"")
            case (.ask, .silence): break
            case (.ask, .flood):
                let long = "\"\(String(repeating: "x", count: 1 << 20))\""
                for _ in 0..<10 { try await talk.send(long) }
            case (.ask, .tooLarge):
                try await talk.send(.offer(ContentHash(of: content), byteCount: 10 << 30))
            case (.ask, _):
                try await talk.send(.offer(ContentHash(of: content), byteCount: content.count))
            case (.part(_, let range), .otherBytes):
                var bytes = Array(content[range])
                bytes[bytes.count / 2] ^= 1
                try await talk.answer(bytes)
            case (.part(_, let range), .more):
                try await talk.answer(Array(content[range]) + [0])
            case (.part(_, let range), .less):
                try await talk.answer(Array(content[range].dropLast()))
            case (.part(_, let range), .trickle):
                for byte in content[range] {
                    try await talk.send(.bytes([byte]))
                    for _ in 0..<100 { await Task.yield() }
                }
            case (.part(_, let range), _): try await talk.answer(Array(content[range]))
            case (.tail, .unorderedTail):
                try await talk.answer(Talk.lines(142..<143) + Talk.lines(141..<142))
            case (.tail, .unreadableTail): try await talk.send(JoinLine.none)
            default: break
            }
        }
    }

    @Test("Whoever has sent something false is not asked again, and whoever was slow is")
    func distrust() async throws {
        for fault in [Fault.otherBytes, .tooLarge] {
            let server = try ScriptedServer(fixture.network, at: fault.rawValue)
            var joining = Joining()
            joining.byteLimit = 1 << 20
            let joiner = try await fixture.open(
                "j", FaultInjectingStorage(),
                checkpoints: JoiningFixture.checkpoints(joining: joining))
            joiner.connect(fixture.network.transport(to: fault.rawValue))
            let first = try await server.accept(count: 150)
            try await play(fault, first)
            await first.link.close(.finished)
            let second = try await server.accept(count: 150)
            let heard = try await second.next()
            if fault == .tooLarge {
                guard case .join(.ask)? = heard else {
                    Issue.record("\(String(describing: heard))")
                    return
                }
            } else {
                guard case .header? = heard else {
                    Issue.record("\(String(describing: heard))")
                    return
                }
            }
            await joiner.shutDown()
        }
    }

    @Test("A transfer that is cut goes on at the byte where it was")
    func resumes() async throws {
        let count = 40_000
        let content = try ScriptedServer.content(count)
        try #require(content.count > 2 * JoinLine.pieceByteCount)
        let server = try ScriptedServer(fixture.network, at: "server")
        let events = Journal<GossipEvent>()
        let storage = FaultInjectingStorage()
        let joiner = try await fixture.open("j", storage, events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        let first = try await server.accept(count: count + 2)
        _ = try await first.next()
        try await first.send(.offer(ContentHash(of: content), byteCount: content.count))
        guard case .join(.part(_, let part)?)? = try await first.next() else {
            Issue.record("nothing was asked for")
            return
        }
        #expect(part == 0..<content.count)
        // Two pieces arrive.
        for start in [0, JoinLine.pieceByteCount] {
            try await first.send(.bytes(Array(content[start..<start + JoinLine.pieceByteCount])))
        }
        await first.link.finish()
        _ = try? await first.next()
        await first.link.close(.finished)

        let second = try await server.accept(count: count + 2)
        let arrived = 2 * JoinLine.pieceByteCount
        guard case .join(.ask(0, let holding?, "1")?)? = try await second.next() else {
            Issue.record("it does not say what it has")
            return
        }
        #expect(holding == ContentHash(of: content))
        try await second.send(.offer(holding, byteCount: content.count))
        guard case .join(.part(_, let rest)?)? = try await second.next() else {
            Issue.record("the rest is not asked for")
            return
        }
        #expect(rest == arrived..<content.count)
        try await second.answer(Array(content[rest]))
        let task = Task { try await second.serve(content, count: count + 2) }
        await events.join(\.isJoined)
        #expect(joiner.state.count == count + 2)
        await joiner.shutDown()
        _ = try? await task.value
    }

    @Test("A transfer does not go on with other bytes")
    func otherContent() async throws {
        let (old, new) = (try ScriptedServer.content(120), try ScriptedServer.content(140))
        let server = try ScriptedServer(fixture.network, at: "server")
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open("j", FaultInjectingStorage(), events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        let first = try await server.accept(count: 150)
        _ = try await first.next()
        try await first.send(.offer(ContentHash(of: old), byteCount: old.count))
        _ = try await first.next()
        try await first.send(.bytes(Array(old.prefix(100))))
        await first.link.finish()
        _ = try? await first.next()
        await first.link.close(.finished)
        let second = try await server.accept(count: 150)
        let heard = try await second.serve(new, count: 150)
        #expect(heard.contains(.part(ContentHash(of: new), 0..<new.count)))
        await events.join(\.isConfirmed)
        #expect(joiner.state == Array(1...150))
        await joiner.shutDown()
    }

    @Test(
        "A peer that announces nothing hears no line about joining, and the header first",
        arguments: [true, false])
    func originals(speaks: Bool) async throws {
        let server = try ScriptedServer(fixture.network, at: "server")
        let joiner = try await fixture.open("j", FaultInjectingStorage())
        joiner.connect(fixture.network.transport(to: "server"))
        let talk: Talk
        if speaks {
            talk = try await server.accept(count: 150, announces: false)
        } else {
            // Its header comes after ours, or never.
            talk = Talk(try #require(await server.listener.accept()))
        }
        guard case .header? = try await talk.next() else {
            Issue.record("no header")
            return
        }
        if !speaks { try await talk.send("{\"id\":\"server\",\"clock\":{\"server\":150}}") }
        try await talk.history(150)
        await joiner.until { $0 == Array(1...150) }
        await joiner.shutDown()
    }

    @Test("A peer that does not have what its checkpoint contains is reported")
    func missingHistory() async throws {
        let content = try ScriptedServer.content(140)
        let server = try ScriptedServer(fixture.network, at: "server")
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open("j", FaultInjectingStorage(), events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        let talk = try await server.accept(count: 150)
        var hasHeader = false
        while !hasHeader, let next = try await talk.next() {
            switch next {
            case .join(.ask):
                try await talk.send(.offer(ContentHash(of: content), byteCount: content.count))
            case .join(.part(_, let range)): try await talk.answer(Array(content[range]))
            case .join(.tail): try await talk.send(.end)
            case .join: break
            case .header: hasHeader = true
            }
        }
        try await talk.history(100)
        await events.join(\.isRefuted)
        await joiner.until { $0 == Array(1...100) }
        await joiner.shutDown()
    }

    @Test("A storage that fails when the history has come is asked again, and the state is proved")
    func failingStorage() async throws {
        let content = try ScriptedServer.content(140) { one, state in
            state = try StateCoding<[Int]>.canonical.encode(Array(repeating: 7, count: 140))
            one.stateHash = LogHash.sha256(state)
        }
        let server = try ScriptedServer(fixture.network, at: "server")
        let (storage, events) = (FaultInjectingStorage(), Journal<GossipEvent>())
        let joiner = try await fixture.open("j", storage, events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        let talk = try await server.accept(count: 150)
        await storage.failNextAppend()
        try await talk.serve(content, count: 150)
        await events.join(\.isRefuted)
        await joiner.until { $0 == Array(1...150) }
        await joiner.shutDown()
    }

    @Test("The history counts as well when its peer has gone and another is level")
    func goneAway() async throws {
        let content = try ScriptedServer.content(140)
        let (server, other) = (
            try ScriptedServer(fixture.network, at: "server"),
            try ScriptedServer(fixture.network, at: "other")
        )
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open("j", FaultInjectingStorage(), events: events)
        let connection = joiner.connect(fixture.network.transport(to: "server"))
        let talk = try await server.accept(count: 150)
        let serving = Task { try await talk.serve(content, count: 150, sendsHistory: false) }
        await events.join(\.isJoined)
        await connection.close()
        _ = try? await serving.value
        // It lacks a part of what the state contains.
        joiner.connect(fixture.network.transport(to: "other"))
        let second = try await other.accept(count: 100, announces: false)
        while let next = try await second.next(), case .join = next {}
        try await second.history(100)
        await joiner.until { $0 == Array(1...100) }
        await joiner.synced()
        #expect(events.joins.last?.isFailed ?? false)
        await joiner.shutDown()
    }

    @Test("What is written while a state is on its way comes after what the peer has")
    func writtenMeanwhile() async throws {
        let content = try ScriptedServer.content(140)
        let server = try ScriptedServer(fixture.network, at: "server")
        let events = Journal<GossipEvent>()
        let joiner = try await fixture.open("j", FaultInjectingStorage(), events: events)
        joiner.connect(fixture.network.transport(to: "server"))
        let talk = try await server.accept(count: 150)
        guard case .join(.ask)? = try await talk.next() else {
            Issue.record("nothing was asked for")
            return
        }
        #expect(await joiner.headerReceived(within: .seconds(60)))
        joiner.dispatch(.add(-1))
        try await talk.send(.offer(ContentHash(of: content), byteCount: content.count))
        try await talk.serve(content, count: 150)
        await events.join(\.isConfirmed)
        await joiner.until { $0 == Array(1...150) + [-1] }
        await joiner.shutDown()
    }
}

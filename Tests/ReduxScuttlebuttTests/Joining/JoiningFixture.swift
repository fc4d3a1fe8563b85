// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import TestSupport

@testable import ReduxScuttlebutt

/// A server with checkpoints and those who join it, over a network in memory.
struct JoiningFixture {
    let network = InMemoryNetwork()

    static func checkpoints(
        interval: Int = 100, version: String = "1", joining: Joining = Joining()
    ) -> Checkpoints<[Int]> {
        var checkpoints = Checkpoints(StateCoding<[Int]>.canonical, reducerVersion: version)
        checkpoints.interval = interval
        checkpoints.joining = joining
        return checkpoints
    }

    func open(
        _ name: String, _ storage: any LogStorage,
        checkpoints: Checkpoints<[Int]>? = Self.checkpoints(), budget: Int = 200,
        reducer: Reducer<[Int], Note> = listing, events: Journal<GossipEvent>? = nil,
        verify: (@Sendable (Unverified<Note>, HistoryView<Note>) async throws -> Bool)? = nil
    ) async throws -> GossipStore<[Int], Note> {
        var options = GossipOptions<Note>()
        options.source = source(name)
        options.verify = verify
        options.snapshotSpacing = 8
        options.memoryBudget = MemoryBudget(updates: budget, bytes: .max)
        options.onEvent = { events?.note($0) }
        // Nobody waits long before dialling again; see `sleep`.
        options.backOff.longest = .milliseconds(1)
        // Nobody is silent here for long; whoever waits waits for nothing else.
        options.sleep = { duration in
            for _ in 0..<1_000 { await Task.yield() }
            if duration > .seconds(1) { try await Task.sleep(for: duration) }
        }
        return try await GossipStore(
            initial: [], reducer: reducer, storage: storage, checkpoints: checkpoints,
            options: options)
    }

    /// A listening server with `count` actions, of which the newest checkpoint lacks few.
    func server(
        _ count: Int, storage: InMemoryStorage = InMemoryStorage()
    ) async throws -> GossipStore<[Int], Note> {
        let server = try await open("server", storage)
        for value in 1...count {
            server.dispatch(.add(value))
            if value.isMultiple(of: 50) { try await server.flush() }
        }
        try await server.flush()
        _ = try await until("a checkpoint") {
            if let last = try await storage.checkpoints().last, last.count + 300 > count {
                return true
            }
            // One is stored after a save only, and not if that is overtaken; this leaves no trace.
            server.dispatch(.fail)
            try await server.flush()
            return nil
        }
        server.swarm.listen(try network.listen(at: "server"))
        return server
    }

    /// The whole log folded from the beginning.
    static func fold(_ storage: any LogStorage) async throws -> [Int] {
        var history = History<[Int], Note>(
            base: [],
            reducer: HistoryReducer(throwing: { state, note, _ in
                try listing.reduce(&state, note, .local)
            }))
        for update in try await storage.updates() {
            history.insert(try ActionCodec<Note>.flat.decode(update.payload), at: update.stamp)
        }
        return history.current
    }
}

extension Journal where Entry == GossipEvent {
    /// What has been said of joining.
    var joins: [JoinEvent] {
        entries.compactMap { if case .joining(let event) = $0 { event } else { nil } }
    }

    /// Waits until something is said of joining.
    func join(_ isWanted: @escaping @Sendable (JoinEvent) -> Bool) async {
        await until { entries in
            entries.contains { if case .joining(let event) = $0 { isWanted(event) } else { false } }
        }
    }
}

extension JoinEvent {
    var isJoined: Bool { if case .joined = self { true } else { false } }
    var isConfirmed: Bool { if case .confirmed = self { true } else { false } }
    var isRefuted: Bool { if case .refuted = self { true } else { false } }
    var isFailed: Bool { if case .failed = self { true } else { false } }
}

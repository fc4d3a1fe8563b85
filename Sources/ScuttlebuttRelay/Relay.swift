// SPDX-License-Identifier: MIT

import Redux
public import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRuntime
public import ServiceLifecycle
import Synchronization

/// The server peer: a gossiping store that others reach over HTTP, WebSocket, Primus and TCP.
///
/// It is a peer like any other, with a reducer, a log and an identity of its own; what makes it a
/// server is that it listens, serves the pages, and outlives its clients.
///
/// ```swift
/// let relay = try await Relay.open(reducer: counter, codec: .raw, storage: storage)
/// try await ServiceGroup(
///     services: [relay], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
/// ).run()
/// ```
public final class Relay<State: Sendable, Action: Sendable>: Service {
    /// The server's own store: dispatch to it, subscribe to it, or give it to a bot.
    ///
    /// It is shut down when the relay ends.
    public let store: GossipStore<State, Action>
    /// What the relay was told at its making.
    public let configuration: RelayConfiguration
    let bots: [any Bot<Action>]
    let peers: [MeteredTransport]
    let meter: TrafficMeter
    let uptime = Uptime()
    let startup = Startup()

    init(
        _ store: GossipStore<State, Action>, _ configuration: RelayConfiguration,
        _ bots: [any Bot<Action>], _ peers: [MeteredTransport], _ meter: TrafficMeter
    ) {
        self.store = store
        self.configuration = configuration
        self.bots = bots
        self.peers = peers
        self.meter = meter
    }

    /// Where the relay listens; waits until it does.
    ///
    /// - Throws: What ``run()`` threw, when it ended before it listened.
    public var listening: RelayAddress { get async throws { try await startup.address() } }

    /// What the relay has done so far and what it holds.
    public var statistics: RelayStatistics {
        var statistics = meter.statistics
        let status = store.status
        statistics.actions = store.updateCount
        statistics.sources = status.sources
        statistics.uptimeSeconds = uptime.seconds
        return statistics
    }

    /// Imports, listens, serves and dials until the task is cancelled or the service group shuts
    /// down; once only.
    ///
    /// At the end links are closed so that their peers come back (Primus without
    /// `primus::server::close`), everything is saved, and storage and export file are closed.
    ///
    /// - Throws: `LinkError` `.addressInUse` or `.badAddress` when it cannot listen, `StorageError`
    ///   when the file to import cannot be read. Not for its orderly end.
    public func run() async throws {
        startup.begin()
        do {
            try await cancelWhenGracefulShutdown { try await self.serve() }
            startup.settle(.failure(CancellationError()))
            await end()
        } catch {
            startup.settle(.failure(error))
            await end()
            // To be ended is how a relay ends.
            if !(error is CancellationError) { throw error }
        }
    }

    /// Shuts the store down in a task of its own, for ours may have been cancelled.
    private func end() async {
        let store = self.store
        await Task { await store.shutDown() }.value
        configuration.report?("ended: \(statistics.summary)")
    }
}

/// Tells where a relay listens, or why it never did.
final class Startup: Sendable {
    private struct State {
        var hasBegun = false
        var result: Result<RelayAddress, any Error>?
        var waiters: [CheckedContinuation<RelayAddress, any Error>] = []
    }

    private let state = Mutex(State())

    func begin() {
        let isFirst = state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        precondition(isFirst, "a relay runs once")
    }

    /// The first result counts.
    func settle(_ result: Result<RelayAddress, any Error>) {
        let waiters = state.withLock { state in
            guard state.result == nil else {
                return [CheckedContinuation<RelayAddress, any Error>]()
            }
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    func address() async throws -> RelayAddress {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }
}

/// How long something has been there.
struct Uptime: Sendable {
    private let start = ContinuousClock.now

    var seconds: Int { Int((ContinuousClock.now - start).components.seconds) }
}

// SPDX-License-Identifier: MIT

public import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRuntime
public import ServiceLifecycle
import Synchronization

/// The server peer: a gossiping store that others reach over HTTP, WebSocket, Primus and TCP.
///
/// A relay is a peer like any other, with its own reducer, log and identity. What makes it a server
/// is that it listens, serves the pages, and outlives its clients.
///
/// ```swift
/// let relay = try await Relay.open(reducer: counter, codec: .raw, storage: storage)
/// try await ServiceGroup(
///     services: [relay], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
/// ).run()
/// ```
public final class Relay<State: Sendable, Action: Sendable>: Service {
    /// The server's own store, to dispatch to, subscribe to, or pass to a bot.
    ///
    /// The relay shuts it down when it ends.
    public let store: GossipStore<State, Action>
    /// The settings the relay was created with.
    public let configuration: RelayConfiguration
    let bots: [any Bot<Action>]
    let peers: [MeteredTransport]
    let meter: TrafficMeter
    let quota: ConnectionQuota
    let start = ContinuousClock.now
    private let hasBegun = Atomic(false)
    /// The address, or the error that kept the relay from listening.
    let startup = OneResult<RelayAddress>()

    init(
        _ store: GossipStore<State, Action>, _ configuration: RelayConfiguration,
        _ bots: [any Bot<Action>], _ peers: [MeteredTransport], _ meter: TrafficMeter
    ) {
        self.store = store
        self.configuration = configuration
        self.bots = bots
        self.peers = peers
        self.meter = meter
        quota = ConnectionQuota(
            perAddress: configuration.maximumConnectionsPerAddress,
            total: configuration.maximumConnections)
    }

    /// The address the relay listens on, once it does.
    ///
    /// - Throws: The error of ``run()`` if it ends before the relay listens.
    public var listening: RelayAddress { get async throws { try await startup.get() } }

    /// The relay's traffic so far, and the size of its log.
    public var statistics: RelayStatistics {
        var statistics = meter.statistics
        let status = store.status
        statistics.actions = store.updateCount
        (statistics.actionsInMemory, statistics.bytesInMemory) =
            store.dispatcher.withReplica { ($0.value.memoryCount, $0.value.byteCount) }
        statistics.checkpointsStored = store.checkpointsStored
        statistics.sources = status.sources
        statistics.present = store.dispatcher.withReplica { $0.gossip.presence.count }
        statistics.uptimeSeconds = Int((ContinuousClock.now - start).components.seconds)
        return statistics
    }

    /// Imports, listens, serves and dials until the task is cancelled or the service group shuts
    /// down.
    ///
    /// A relay can run only once.
    ///
    /// On shutdown, links are closed in a way that lets peers reconnect (Primus without
    /// `primus::server::close`), everything is saved, and the storage and the export file are
    /// closed.
    ///
    /// - Throws: `LinkError` `.addressInUse` or `.badAddress` if it cannot listen; `StorageError`
    ///   if the import file cannot be read. An orderly shutdown does not throw.
    public func run() async throws {
        let hadBegun = hasBegun.exchange(true, ordering: .relaxed)
        precondition(!hadBegun, "a relay can run only once")
        do {
            try await cancelWhenGracefulShutdown { try await self.serve() }
            startup.settle(.failure(CancellationError()))
            await end()
        } catch {
            startup.settle(.failure(error))
            await end()
            // Cancellation is the normal way to stop a relay.
            if !(error is CancellationError) { throw error }
        }
    }

    /// Shuts down the store in a separate task, because ours may be cancelled.
    private func end() async {
        let store = self.store
        await Task { await store.shutDown() }.value
        configuration.report?("stopped: \(statistics.summary)")
    }
}

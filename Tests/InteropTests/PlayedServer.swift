// SPDX-License-Identifier: MIT

import NIOCore
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import Synchronization
import Testing

/// Our server, for as long as one of the originals lived in a recording.
struct PlayedServer: Sendable {
    enum Kind: Sendable, CaseIterable {
        /// The whole relay.
        case relay
        /// The same link on a bare listener, where the program may end single connections.
        case listener
    }

    let store: PlayedStore
    let port: Int
    /// Begins to end the connection that was accepted last.
    let end: @Sendable () -> Void

    static func with<Value: Sendable>(
        _ kind: Kind, source: Source, timings: PrimusTimings, compresses: Bool,
        dismisses: Bool,
        _ body: (PlayedServer) async throws -> Value
    ) async throws -> Value {
        var options = GossipOptions<RawAction>()
        options.source = source
        var limits = LinkLimits()
        limits.compresses = compresses
        switch kind {
        case .relay: return try await withRelay(options, timings, limits, body)
        case .listener:
            return try await withListener(options, timings, limits, dismisses, body)
        }
    }

    private static func withRelay<Value: Sendable>(
        _ options: GossipOptions<RawAction>, _ timings: PrimusTimings, _ limits: LinkLimits,
        _ body: (PlayedServer) async throws -> Value
    ) async throws -> Value {
        var configuration = RelayConfiguration()
        configuration.port = 0
        configuration.primusTimings = timings
        configuration.linkLimits = limits
        let relay = try await Relay<[Entry], RawAction>.open(
            initial: [], reducer: PlayedStore.keeping, codec: .raw, options: options,
            configuration: configuration)
        let running = Task { try await relay.run() }
        let address = try await relay.listening
        let server = PlayedServer(store: relay.store, port: address.port) {
            Issue.record("the relay ends no single connection")
        }
        let value: Value
        do {
            value = try await body(server)
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        try await running.value
        return value
    }

    private static func withListener<Value: Sendable>(
        _ options: GossipOptions<RawAction>, _ timings: PrimusTimings, _ limits: LinkLimits,
        _ dismisses: Bool,
        _ body: (PlayedServer) async throws -> Value
    ) async throws -> Value {
        let store = try PlayedStore(
            initial: [], reducer: PlayedStore.keeping, codec: .raw, options: options)
        let listener = try await WebSocketListener.listen(timings: timings, limits: limits)
        let newest = NewestLink()
        let accepting = Task {
            while let link = await listener.accept() {
                newest.link = link
                var options = SessionOptions()
                options.headerForm = .fork
                store.swarm.accept(link, options: options)
            }
        }
        let server = PlayedServer(store: store, port: listener.port) {
            let link = newest.link
            Task { await link?.close(dismisses ? .finished : .fault("the program ended it")) }
        }
        let value = try await body(server)
        await listener.close()
        await accepting.value
        await store.shutDown()
        return value
    }
}

/// The link that was accepted last.
private final class NewestLink: Sendable {
    private let state = Mutex<(any Link)?>(nil)

    var link: (any Link)? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

// SPDX-License-Identifier: MIT

public import Redux
public import ReduxScuttlebutt
import Scuttlebutt
public import ScuttlebuttCoding
import ScuttlebuttNIO
public import ScuttlebuttRuntime

extension Relay {
    /// Makes a relay with a store of its own; nothing is bound or dialled before ``run()``.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action; `nil` where the reducer makes it.
    ///   - reducer: The server's own reducer; it need not be that of the clients.
    ///   - codec: How actions become bytes. A server that serves all pages uses `.raw`.
    ///   - storage: Where the log is kept; `nil` for in memory only.
    ///   - bots: Programs that live in the server.
    /// - Throws: `LinkError` `.badAddress` for a peer that cannot be dialled as written,
    ///   `StorageError` when the log or the export file cannot be read, a `StoreFault` when there
    ///   is no first state.
    public static func open(
        initial: State? = nil, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        storage: (any LogStorage)? = nil, options: GossipOptions<Action> = GossipOptions(),
        configuration: RelayConfiguration = RelayConfiguration(), bots: [any Bot<Action>] = []
    ) async throws -> Relay {
        let meter = TrafficMeter(report: configuration.report)
        let peers = try configuration.peers.map { address in
            MeteredTransport(
                try Transports.transport(for: address, limits: configuration.linkLimits), meter)
        }
        var options = options
        options.onEvent = { [onEvent = options.onEvent] event in
            if case .replica(.refused) = event { meter.countRefused() }
            onEvent?(event)
        }
        let kept =
            try configuration.exportFile.map { try ExportingStorage(path: $0, base: storage) }
            ?? storage
        let store: GossipStore<State, Action>
        if let kept {
            store = try await GossipStore(
                initial: initial, reducer: reducer, codec: codec, storage: kept, options: options)
        } else {
            store = try GossipStore(
                initial: initial, reducer: reducer, codec: codec, options: options)
        }
        return Relay(store, configuration, bots, peers, meter)
    }
}

/// Dials a peer over links whose lines are counted.
struct MeteredTransport: Transport {
    private let base: any Transport
    private let meter: TrafficMeter

    init(_ base: any Transport, _ meter: TrafficMeter) {
        self.base = base
        self.meter = meter
    }

    var name: String { base.name }

    /// Lines over TCP have the upstream header, the others that of the fork.
    var sessionOptions: SessionOptions {
        var options = SessionOptions()
        options.headerForm = base is TCPTransport ? .upstream : .fork
        return options
    }

    func connect() async throws -> any Link {
        MeteredLink(try await base.connect(), .dialled, meter)
    }
}

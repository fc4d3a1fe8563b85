// SPDX-License-Identifier: MIT

public import Redux
public import ReduxScuttlebutt
import Scuttlebutt
public import ScuttlebuttCoding
import ScuttlebuttNIO
public import ScuttlebuttRuntime

extension Relay {
    /// Creates a relay with its own store.
    ///
    /// It does not listen or dial before ``run()``.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action, or `nil` if the reducer provides it.
    ///   - reducer: The server's own reducer, which may differ from that of its clients.
    ///   - codec: Converts actions to bytes and back. A server for all the pages uses `.raw`.
    ///   - storage: The storage of the log, or `nil` to keep it in memory only.
    ///   - checkpoints: How the state is kept in the storage now and then; `nil` for not at all.
    ///   - options: The options of the store.
    ///   - configuration: The settings of the relay.
    ///   - bots: Programs to run inside the server.
    /// - Throws: `LinkError` `.badAddress` for a peer whose address is invalid, `StorageError` if
    ///   the log or the export file cannot be read, or a `StoreError` if there is no initial state.
    public static func open(
        initial: State? = nil, reducer: Reducer<State, Action>, codec: ActionCodec<Action>,
        storage: (any LogStorage)? = nil, checkpoints: Checkpoints<State>? = nil,
        options: GossipOptions<Action> = GossipOptions(),
        configuration: RelayConfiguration = RelayConfiguration(), bots: [any Bot<Action>] = []
    ) async throws -> Relay {
        let meter = TrafficMeter(report: configuration.report)
        let peers = try configuration.peers.map { address in
            MeteredTransport(
                base: try Transports.transport(
                    for: address, limits: configuration.linkLimits,
                    settings: configuration.dialling),
                meter: meter)
        }
        var options = options
        options.onEvent = { [onEvent = options.onEvent] event in
            if case .replica(.refused) = event { meter.countRefused() }
            onEvent?(event)
        }
        let kept =
            try configuration.exportFile.map {
                try ExportingStorage(path: $0, base: storage, report: configuration.report)
            } ?? storage
        let store: GossipStore<State, Action>
        if let kept {
            store = try await GossipStore(
                initial: initial, reducer: reducer, codec: codec, storage: kept,
                checkpoints: checkpoints, options: options)
        } else {
            store = try GossipStore(
                initial: initial, reducer: reducer, codec: codec, options: options)
        }
        return Relay(store, configuration, bots, peers, meter)
    }
}

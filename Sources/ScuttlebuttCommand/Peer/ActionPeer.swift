// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// A store of arbitrary actions folded by one of the example reducers, and the answers that `join`
/// and `peer actions` give about it.
struct ActionPeer: GossipingPeer {
    let store: GossipStore<ExampleState, RawAction>
    private let vocabulary: PeerRequest.Vocabulary
    private let hasStorage: Bool

    var source: Source { store.source }
    var swarm: Swarm { store.swarm }
    var usages: [String] { vocabulary.usages }

    /// Creates a peer and loads its store file, if it has one.
    ///
    /// - Throws: ``CommandError`` or a `StorageError` if the file is not a store or belongs to
    ///   another identity.
    init(
        _ reducer: ExampleReducer, _ vocabulary: PeerRequest.Vocabulary, id: Source?,
        store file: PeerStore?, isNewID: Bool = false, watch: SilenceWatch = SilenceWatch()
    ) async throws {
        self.vocabulary = vocabulary
        var options = GossipOptions<RawAction>()
        options.source = id
        options.sourceMayHaveWritten = id != nil && !isNewID
        options.silenceWatch = watch
        options.onFault = { StandardError.shared.note($0.message) }
        options.onEvent = ActionPeer.messagePrinter()
        hasStorage = file != nil
        guard let file else {
            store = try GossipStore(reducer: reducer.reducer, codec: .verbatim, options: options)
            return
        }
        let storage = try file.open()
        do {
            store = try await GossipStore(
                reducer: reducer.reducer, codec: .verbatim, storage: storage,
                checkpoints: reducer.checkpoints, options: options)
        } catch {
            await storage.close()
            throw error
        }
        try await StoreIdentity.check(store.source, wanted: id, path: file.path) {
            await storage.close()
        }
    }

    /// Prints problems to stderr, repeated ones only once.
    private static func messagePrinter() -> @Sendable (GossipEvent) -> Void {
        let messages = DistinctMessages()
        return { event in
            // The monitor of the links tells why a connection was closed.
            if case .opened(let opened) = event, opened.duration > .seconds(1) {
                OpeningText.note(opened)
            }
            if case .joining(let event) = event, let text = JoiningText.text(of: event) {
                StandardError.shared.note(text)
            }
            guard case .replica(let event) = event else { return }
            if case .cutOff = event { return }
            messages.note(event)
        }
    }

    func reply(to line: [UInt8], _ first: FirstWrite?) async -> PeerReply {
        let request: PeerRequest
        do throws(PeerRequestError) {
            request = try PeerRequest(line, vocabulary)
        } catch {
            return PeerReply(line: Answer.error(error.message))
        }
        if case .dispatch = request { await first?.wait() }
        return PeerReply(line: await answer(request), isQuit: request == .quit)
    }

    /// Answers a command, including `quit`, which the caller acts on.
    private func answer(_ request: PeerRequest) async -> [UInt8] {
        switch request {
        case .dispatch(let payload):
            return await dispatch(payload)
        case .state:
            return Answer.value(vocabulary.stateName, store.state.json)
        case .history:
            let log = store.dispatcher.withReplica { $0.value }
            return Answer.history(
                log.delta(since: VersionVector()), keepsTails: vocabulary.keepsTails)
        case .clock:
            return Answer.clock(
                store.source, store.dispatcher.withReplica { $0.gossip.vector })
        case .status:
            let status = store.status
            let text =
                "{\"connected\":\(status.connected),\"synced\":\(status.isSynced),"
                + "\"pending\":\(status.pending),\"actions\":\(store.updateCount)"
                + (status.setAside > 0 ? ",\"setAside\":\(status.setAside)}" : "}")
            return Array(text.utf8)
        case .presence:
            return Answer.presence(store.presence.others)
        case .present(let value):
            return present(value)
        case .quit:
            return Answer.ok
        }
    }

    private func dispatch(_ payload: [UInt8]) async -> [UInt8] {
        let receipt: Receipt
        do {
            receipt = try await store.perform(RawAction(payload: payload))
        } catch {
            return Answer.error(ActionPeer.describe(error))
        }
        do {
            try await receipt.durable()
        } catch {
            return Answer.error(
                "the action is not saved yet and has not been sent: \(ActionPeer.describe(error)); "
                    + "saving will be retried")
        }
        return Answer.dispatched(receipt.stamp)
    }

    /// Writes an action.
    ///
    /// - Returns: Why it was refused or is not saved; `nil` if all is well.
    func write(_ payload: [UInt8]) async -> String? {
        do {
            let receipt = try await store.perform(RawAction(payload: payload))
            try await receipt.durable()
            return nil
        } catch {
            return ActionPeer.describe(error)
        }
    }

    private func present(_ value: [UInt8]?) -> [UInt8] {
        guard let value else {
            store.presence.clear()
            return Answer.ok
        }
        do {
            try store.presence.set(json: value)
            return Answer.ok
        } catch {
            return Answer.error(ActionPeer.describe(error))
        }
    }

    /// Prints who else is here, now if anybody is, and whenever that changes.
    func followPresence() async throws {
        var isFirst = true
        for await others in store.presence.changes {
            if !isFirst || !others.isEmpty {
                try await StandardOutput.shared.write(line: Answer.presence(others))
            }
            isFirst = false
        }
    }

    private static func describe(_ error: any Error) -> String {
        guard let error = error as? ReplicaError else { return PeerShutdown.describe(error) }
        guard error.code == .sourceUnsettled else { return error.message }
        return error.message
            + "; connect first, keep a --store, leave out --id, or add --new-id if it is new"
    }

    /// Whether this peer knows what others have written, now or from an earlier run.
    var knowsOthers: Bool {
        store.dispatcher.withReplica { $0.gossip.vector.entries.contains { $0.source != source } }
    }

    func headerReceived(within limit: Duration) async -> Bool {
        await store.headerReceived(within: limit)
    }

    func follower() -> any PeerFollower { Follower(self) }

    // MARK: The end

    /// Briefly waits for own actions to be sent, saves everything, and closes all connections.
    ///
    /// - Throws: ``CommandError`` if own actions could not be saved; they are lost when the
    ///   process exits.
    func close() async throws {
        let (store, hasStorage) = (store, hasStorage)
        let shutdown = PeerShutdown(
            swarm: store.swarm, hasStorage: hasStorage, pending: { store.status.pending },
            flush: { if hasStorage { try await store.flush() } },
            shutDown: { await store.shutDown() })
        try await shutdown.run()
    }
}

extension ActionCodec where Action == RawAction {
    /// Passes every action through as its bytes.
    ///
    /// The store and the wire check shape and bounds; their bounds are wider than those of the
    /// `JSONValue` reader.
    fileprivate static var verbatim: ActionCodec {
        ActionCodec(encode: { $0.payload }, decode: { RawAction(payload: $0) })
    }
}

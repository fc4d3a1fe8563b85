// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// A store of actions of any type under one of the example reducers, and the answers of `join` and
/// `peer actions` about it.
struct ActionPeer: Sendable {
    let store: GossipStore<ExampleState, RawAction>
    private let hasStorage: Bool

    /// Opens the peer, with everything that its store file holds.
    ///
    /// - Throws: ``CommandFailure`` or a `StorageError` when the file is not a store, or another
    ///   identity's.
    init(_ reducer: ExampleReducer, id: Source?, path: String?) async throws {
        var options = GossipOptions<RawAction>()
        options.source = id
        options.onFault = { StandardError.shared.note($0.message) }
        options.onEvent = ActionPeer.remark()
        hasStorage = path != nil
        guard let path else {
            store = try GossipStore(reducer: reducer.reducer, codec: .verbatim, options: options)
            return
        }
        let storage = try SQLiteStorage.open(path, mode: .createIfMissing)
        do {
            store = try await GossipStore(
                reducer: reducer.reducer, codec: .verbatim, storage: storage, options: options)
        } catch {
            await storage.close()
            throw error
        }
        try await StoreIdentity.check(store.source, wanted: id, path: path) {
            await storage.close()
        }
    }

    /// Remarks for people about what goes wrong, one for each run of failures.
    private static func remark() -> @Sendable (GossipEvent) -> Void {
        let remarks = Remarks()
        return { event in
            let text: String
            switch event {
            case .replica(.storageFailed(let error)): text = error.message
            case .replica(.refused(let refusal, _)):
                text = "An update was refused: \(refusal.message)."
            case .replica(.equivocation(let stamp)):
                text = "\(stamp.source) has written two updates at \(stamp.timestamp.value)."
            case .replica(.ownUpdatesMissing): text = ownUpdatesMissing
            default: return
            }
            remarks.tell(text)
        }
    }

    static let ownUpdatesMissing =
        "A peer has updates of ours that we do not have: is this identity in use elsewhere, or was "
        + "its store lost?"

    /// Answers one line of the input.
    func reply(
        to line: [UInt8], _ vocabulary: PeerRequest.Vocabulary, stateName: String,
        keepsTails: Bool
    ) async -> PeerReply {
        let request: PeerRequest
        do throws(PeerRequest.Refusal) {
            request = try PeerRequest(line, vocabulary)
        } catch {
            return PeerReply(line: Answer.error(error.message))
        }
        let answer = await answer(request, stateName: stateName, keepsTails: keepsTails)
        return PeerReply(line: answer, isQuit: request == .quit)
    }

    /// Answers a command; `quit` too, without ending anything.
    private func answer(
        _ request: PeerRequest, stateName: String, keepsTails: Bool
    ) async -> [UInt8] {
        switch request {
        case .dispatch(let payload):
            return await dispatch(payload)
        case .state:
            return Answer.value(stateName, store.state.json)
        case .history:
            let log = store.dispatcher.withReplica { $0.value }
            return Answer.history(
                log.delta(since: VersionVector()), keepsTails: keepsTails)
        case .clock:
            return Answer.clock(
                store.source, store.dispatcher.withReplica { $0.gossip.vector })
        case .status:
            let status = store.status
            let text =
                "{\"connected\":\(status.connected),\"synced\":\(status.isSynced),"
                + "\"pending\":\(status.pending),\"actions\":\(store.updateCount)}"
            return Array(text.utf8)
        case .quit:
            return Answer.ok
        }
    }

    private func dispatch(_ payload: [UInt8]) async -> [UInt8] {
        let receipt: Receipt
        do {
            receipt = try await store.perform(RawAction(payload: payload))
        } catch {
            return Answer.error(ActionPeer.reason(error))
        }
        do {
            try await receipt.durable()
        } catch {
            return Answer.error(
                "the action is not saved yet, so it has not left: \(ActionPeer.reason(error)) "
                    + "Saving is tried again.")
        }
        return Answer.dispatched(receipt.stamp)
    }

    private static func reason(_ error: any Error) -> String {
        (error as? GossipError)?.message ?? PeerEnding.reason(error)
    }

    // MARK: The end

    /// Gives own actions a moment to leave, saves everything, and ends all connections.
    ///
    /// - Throws: ``CommandFailure`` when own actions could not be saved; they end with the process.
    func close() async throws {
        let (store, hasStorage) = (store, hasStorage)
        let ending = PeerEnding(
            swarm: store.swarm, pending: { store.status.pending },
            flush: { if hasStorage { try await store.flush() } },
            shutDown: { await store.shutDown() })
        try await ending.run()
    }
}

/// `peer actions`: the peer of `join`, under the commands of `peer`.
struct ActionObject: GossipingPeer {
    let peer: ActionPeer

    var source: Source { peer.store.source }
    var swarm: Swarm { peer.store.swarm }

    func reply(to line: [UInt8]) async -> PeerReply {
        await peer.reply(to: line, .actions, stateName: "dump", keepsTails: true)
    }

    func follower() -> any PeerFollower { Follower(peer) }

    func close() async throws { try await peer.close() }
}

extension ActionCodec where Action == RawAction {
    /// Every action as its bytes.
    ///
    /// The store and the wire check their shape and their bounds, which are wider than those of a
    /// reader of values.
    fileprivate static var verbatim: ActionCodec {
        ActionCodec(encode: { $0.payload }, decode: { RawAction(payload: $0) })
    }
}

/// The identities that a person names.
enum StoreIdentity {
    /// Reads `--id`.
    ///
    /// - Throws: ``CommandFailure`` for a name that peers refuse.
    static func read(_ text: String?) throws -> Source? {
        guard let text else { return nil }
        guard !text.isEmpty, text.utf8.count <= ClassicWire.maximumSourceByteCount,
            let source = Source(text), !source.isObjectPrototypeName
        else {
            throw CommandFailure(
                "--id '\(text)' is no name for a peer: peers refuse empty and very long ones, and "
                    + "the names that every JavaScript object has, such as toString.")
        }
        return source
    }

    /// Checks that a store is the wanted identity's.
    static func check(
        _ source: Source, wanted: Source?, path: String, _ close: () async -> Void
    ) async throws {
        guard let wanted, wanted != source else { return }
        await close()
        throw CommandFailure(
            "\(path) belongs to the peer \(source), not to \(wanted); leave --id away, or name "
                + "another store.")
    }
}

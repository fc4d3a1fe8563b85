// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// A store of actions of any type under one of the example reducers, and the answers of `join` and
/// `peer actions` about it.
struct ActionPeer: Sendable {
    /// How long own actions may take to leave when the peer ends.
    static let farewellLimit = Duration.seconds(2)
    /// How long connections and storage may take to close.
    static let closingLimit = Duration.seconds(5)

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
        let last = Mutex("")
        return { event in
            let text: String
            switch event {
            case .storageFailed(let error): text = error.message
            case .refused(let refusal, _): text = "An update was refused: \(refusal.message)."
            case .equivocation(let stamp):
                text = "\(stamp.source) has written two updates at \(stamp.timestamp.value)."
            case .ownUpdatesMissing:
                text =
                    "A peer has updates of ours that we do not have: is this identity in use "
                    + "elsewhere, or was its store lost?"
            default: return
            }
            let isNew = last.withLock { last in
                defer { last = text }
                return last != text
            }
            if isNew { StandardError.shared.note(text) }
        }
    }

    /// Answers a command; `quit` too, without ending anything.
    func answer(_ request: PeerRequest, stateName: String, keepsTails: Bool) async -> [UInt8] {
        switch request {
        case .dispatch(let payload):
            return await dispatch(payload)
        case .state:
            return Answer.value(stateName, store.state.json)
        case .history:
            let log = store.dispatcher.withMachine { $0.log }
            return Answer.history(
                log.delta(since: VersionVector()), keepsTails: keepsTails)
        case .clock:
            return Answer.clock(
                store.source, store.dispatcher.withMachine { $0.gossip.vector })
        case .status:
            let status = store.status
            let text =
                "{\"connected\":\(status.connected),\"synced\":\(status.isSynced),"
                + "\"pending\":\(status.pending),\"actions\":\(status.updates)}"
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
        switch error {
        case let error as GossipFault: error.message
        case let error as StorageError: error.message
        default: "\(error)"
        }
    }

    // MARK: The end

    /// Gives own actions a moment to leave, saves everything, and ends all connections.
    ///
    /// Runs to its end also when the task that calls it was cancelled.
    ///
    /// - Throws: ``CommandFailure`` when own actions could not be saved; they end with the process.
    func close() async throws {
        let failure: CommandFailure? = await Task {
            var failure: CommandFailure?
            await bidFarewell()
            let isClosed = Latch()
            let closing = Task {
                await store.shutDown()
                isClosed.open()
            }
            let timer = Task {
                try? await Task.sleep(for: ActionPeer.closingLimit)
                // Somebody who neither answers nor hangs up holds a connection; what matters is
                // saved before.
                if !Task.isCancelled { isClosed.open() }
            }
            do {
                if hasStorage { try await store.flush() }
            } catch {
                failure = CommandFailure(
                    "not all own actions could be saved, and they are lost: "
                        + ActionPeer.reason(error))
            }
            await isClosed.wait()
            timer.cancel()
            _ = closing
            return failure
        }.value
        if let failure { throw failure }
    }

    /// Waits while own actions are on their way to somebody who is there.
    private func bidFarewell() async {
        let clock = ContinuousClock()
        let deadline = clock.now + ActionPeer.farewellLimit
        var hasWaited = false
        while clock.now < deadline, store.status.pending > 0, isSomebodyThere {
            hasWaited = true
            try? await Task.sleep(for: .milliseconds(5))
        }
        // What was handed to a connection is still on its way through it.
        if hasWaited, store.status.connected > 0 { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// Whether a link is open, or being opened for the first time since it was lost.
    private var isSomebodyThere: Bool {
        if store.status.connected > 0 { return true }
        return store.swarm.dialStatuses.contains { status in
            if case .connecting = status.phase { true } else { false }
        }
    }
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

// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

/// Lets a store that lacks much begin with the state of a peer, and compares that state with the
/// history when it has come.
///
/// The conversation comes before this side's header, so that the peer does not send its history
/// first. The log stays as it is: it is empty or has what it has, says so to every peer, and gets
/// the history in the ordinary way afterwards.
actor Joiner<State: Sendable, Action: Sendable> {
    typealias Inner = DeepReplay<State, Action>.Inner

    /// What the joiner shares with the other parts of its store.
    struct Parts: Sendable {
        let settings: Checkpoints<State>
        let inner: Inner
        let work: BatchWork<State, Action>
        let replay: BackgroundReplay<State, Action>
        let folding: FoldingThread
        let budget: MemoryBudget
        let engine: EngineReference
        let own: Source
        /// Whether the application judges the actions of others, as it cannot judge a state.
        let verifies: Bool
        let wire: ClassicWire
        let sleep: @Sendable (Duration) async throws -> Void
        let report: @Sendable (JoinEvent) -> Void
    }

    let parts: Parts
    let deep: DeepReplay<State, Action>
    /// Called after the history was folded.
    let onRebuilt: @Sendable () async -> Void
    private var isBusy = false
    var isStopped = false
    /// The fold of the history that is going on.
    var verifying: Task<Void, Never>?
    /// What has arrived of a content; it is continued over the next connection.
    private var transfer: CheckpointTransfer?
    /// The peers that have sent something false.
    var distrusted: Set<String> = []
    /// How many links to each peer are open.
    var openLinks: [String: Int] = [:]
    /// Whether the peer whose state it is has sent all that it has.
    var isPeerDone = false
    /// Whether some peer is level.
    var hasLevelPeer = false
    /// Whether the last attempt to fold the history has failed.
    var hasFailed = false
    /// Those who wait until the state is folded here.
    var proving: [CheckedContinuation<Void, Never>] = []
    /// The place up to which updates of the peer were shown without being in the log.
    var shown: Stamp?

    /// How long to wait for a peer's header before this side begins.
    static var headerLimit: Duration { .seconds(2) }
    /// How often a peer is asked for what is new while its history is on its way.
    static var followInterval: Duration { .seconds(1) }

    init(
        _ parts: Parts, _ deep: DeepReplay<State, Action>,
        onRebuilt: @escaping @Sendable () async -> Void
    ) {
        self.parts = parts
        self.deep = deep
        self.onRebuilt = onRebuilt
    }

    /// Takes no more states.
    func stop() {
        isStopped = true
        verifying?.cancel()
        noteSettled()
    }

    // MARK: Joining

    /// Takes the state of a dialled peer if that is worthwhile; nothing has been sent to it yet.
    ///
    /// - Returns: Whether the peer can be asked for what is new until its history is here.
    func join(_ name: String, _ reader: LinkReader, _ turn: SendTurn) async -> Bool {
        guard !isBusy, !isStopped, !parts.verifies, parts.settings.joining.trusts(name),
            !distrusted.contains(name)
        else { return false }
        isBusy = true
        defer { isBusy = false }
        var talk = JoinConversation(reader, turn, parts.settings.joining, sleep: parts.sleep)
        defer { talk.end() }
        do {
            guard let header = try await talk.header(parts.wire, within: Self.headerLimit),
                JoinAnnouncement.isPresent(in: header.meta)
            else { return false }
            if isProvisional { return true }
            let known = parts.engine.vector ?? VersionVector()
            // Own actions that were lost come home first; new ones must not take their places.
            if let claimed = header.vector[parts.own], claimed > known[parts.own] ?? .zero {
                return false
            }
            let lacks = header.vector.entries.contains { entry in
                !known.covers(Stamp(timestamp: entry.timestamp, source: entry.source))
            }
            guard lacks else { return false }
            // The session hears of the header later. What is written meanwhile comes after
            // everything that the peer has.
            parts.engine.noteHeader(highest: header.vector.highest(besides: parts.own))
            guard let content = try await fetch(&talk, name) else { return false }
            try await adopt(content, header, &talk, name)
            return true
        } catch let failure as LinkReader.Failure where failure == .ended {
            // The session sees it as well, and the peer is dialled again.
            return false
        } catch is LinkError {
            return false
        } catch {
            guard !Task.isCancelled else { return false }
            if let fault = error as? JoinFault, fault.isUntrue {
                distrusted.insert(name)
                transfer = nil
            }
            parts.report(.failed(from: name, "\(error)"))
            return false
        }
    }

    var isProvisional: Bool { parts.inner.withState { $0.provisional != nil } }

    /// Transfers the content that the peer offers; `nil` if it offers none.
    private func fetch(
        _ talk: inout JoinConversation, _ name: String
    ) async throws -> CheckpointContent? {
        let settings = parts.settings
        try await talk.send(
            .ask(
                count: parts.engine.count, holding: transfer?.hash,
                reducerVersion: settings.reducerVersion))
        guard case .offer(let hash, let byteCount) = try await talk.next() else { return nil }
        guard byteCount <= settings.joining.byteLimit else {
            throw JoinFault("its state has \(byteCount) bytes, more than byteLimit allows")
        }
        if transfer?.hash != hash || transfer?.byteCount != byteCount {
            transfer = CheckpointTransfer(hash, byteCount: byteCount)
        }
        while let part = transfer?.nextPart {
            try await talk.send(.part(hash, part))
            receiving: while true {
                switch try await talk.next() {
                case .bytes(let piece):
                    guard transfer?.take(piece, upTo: part.upperBound) ?? false else {
                        throw JoinFault(untrue: "it sent more than it was asked for")
                    }
                case .end: break receiving
                case .none:
                    transfer = nil
                    throw JoinFault("it has a newer state by now")
                default: throw JoinFault(untrue: "it answered something else")
                }
            }
            guard transfer?.bytes.count == part.upperBound else {
                throw JoinFault(untrue: "it sent less than it was asked for")
            }
        }
        guard let transfer, transfer.isSound else {
            throw JoinFault(untrue: "what it sent does not match its hash")
        }
        do {
            let content = try CheckpointContent(transfer.bytes)
            guard content.checkpoint.reducerVersion == settings.reducerVersion else {
                throw JoinFault(untrue: "its state is of another version of the reducer")
            }
            return content
        } catch let error as CheckpointContent.Unfit {
            throw JoinFault(untrue: error.description)
        }
    }

    /// Begins with the state of a content and what the peer has after it.
    private func adopt(
        _ content: CheckpointContent, _ header: Digest, _ talk: inout JoinConversation,
        _ name: String
    ) async throws {
        let checkpoint = content.checkpoint
        guard
            checkpoint.vector.entries.allSatisfy({
                header.vector.covers(Stamp(timestamp: $0.timestamp, source: $0.source))
            })
        else { throw JoinFault(untrue: "its checkpoint has more than it says it has") }
        let state: State
        do {
            state = try parts.settings.coding.decode(content.state)
        } catch {
            throw JoinFault(untrue: "its state cannot be decoded: \(error)")
        }
        let (inner, replay) = (parts.inner, parts.replay)
        let begun: History<State, Action>? = inner.withState { state in
            state.provisional == nil && state.refold == nil && replay.begin()
                ? state.history : nil
        }
        guard let old = begun else { throw JoinFault("the history is being folded") }
        do {
            var fresh = old.restarted(
                at: state, floor: checkpoint.stamp, count: checkpoint.count)
            let entries = old.trimmedLocalEntries + Array(old.entries)
            var provisional = Provisional(
                checkpoint: checkpoint, rungs: content.rungs, peer: name,
                locals: entries.filter(\.isLocal), own: parts.own)
            var cursor = checkpoint.stamp
            while true {
                let updates = try await talk.page(after: cursor, parts.wire)
                guard !updates.isEmpty else { break }
                parts.folding.beginInBackground()
                _ = parts.work.merge(&fresh, parts.work.decode(updates).batch)
                parts.folding.endInBackground()
                fresh.trim(keeping: parts.budget.historyCount(averageSize: updates.averageSize))
                // Those above the ceiling come again with every page.
                guard let last = updates.lastBelowCeiling else { break }
                cursor = last
                parts.engine.noteHeader(highest: last.timestamp)
            }
            _ = fresh.take(entries, provisional)
            for step in inner.withState({ _ in replay.take() }) {
                guard case .recorded(let actions) = step else {
                    throw JoinFault("the reducer was replaced")
                }
                provisional.locals += actions.filter(\.isLocal)
                _ = fresh.take(actions, provisional)
            }
            shown = cursor
            (isPeerDone, hasLevelPeer) = (false, parts.engine.isSynced)
            inner.dispatch(.joined(ReplayedCopy(consume fresh), provisional))
        } catch {
            replay.cancel()
            // What came late meanwhile has waited for this.
            await deep.settle()
            throw error
        }
        transfer = nil
        parts.report(.joined(checkpoint, from: name))
        // A reducer that was replaced at the last moment, and a history that is here by now.
        await deep.settle()
        Task { await attempt() }
    }
}

extension [Update] {
    /// The newest stamp that raises a clock.
    var lastBelowCeiling: Stamp? { last { $0.timestamp <= .clockCeiling }?.stamp }
}

// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime

/// Between the state of a peer and the fold of its history.
extension Joiner {
    /// Shows what is new at the peer, until the history is here or the connection ends.
    func follow(_ lines: AsyncStream<JoinLine>, _ turn: SendTurn) async {
        var answers = lines.makeAsyncIterator()
        while isProvisional, !isStopped, let after = shown {
            do {
                try await turn.send(OutboundLines(lines: [JoinLine.tail(after: after).line]))
                var bytes: [UInt8] = []
                receiving: while true {
                    guard let line = await answers.next() else { return }
                    switch line {
                    case .bytes(let piece):
                        bytes += piece
                        guard bytes.count <= JoinConversation.pageByteLimit else { return }
                    case .end: break receiving
                    default: return
                    }
                }
                let updates = try JoinConversation.updates(bytes, after: after, parts.wire)
                guard let last = updates.lastBelowCeiling else {
                    try await parts.sleep(Self.followInterval)
                    continue
                }
                shown = last
                // What is written from now on comes after what is shown.
                parts.engine.noteHeader(highest: last.timestamp)
                let size = updates.averageSize
                parts.inner.dispatch(.followed(parts.work.decode(updates).batch))
                // Nothing is saved that would trim it.
                let retained = parts.inner.withState { $0.history.retainedCount }
                if retained > parts.budget.historyLimit(averageSize: size) {
                    parts.replay.trim(keeping: parts.budget.historyCount(averageSize: size))
                }
            } catch {
                return
            }
        }
    }

    /// Notes that a link to a peer is open, or no longer.
    func note(_ name: String, isOpen: Bool) async {
        openLinks[name, default: 0] += isOpen ? 1 : -1
        if !isOpen { await attempt() }
    }

    /// Notes that a peer has sent all that it has.
    func noteHistory(from name: String) async {
        guard name == parts.inner.withState({ $0.provisional?.peer }) else { return }
        isPeerDone = true
        await attempt()
    }

    /// Notes that some peer has everything and has sent everything; returns once the state is no
    /// longer that of a peer.
    func noteLevel() async {
        guard isProvisional, !isStopped else { return }
        hasLevelPeer = true
        await attempt()
        guard isProvisional, !isStopped else { return }
        await withCheckedContinuation { proving.append($0) }
    }

    /// Lets those go on who wait for the state to be folded here, if it is.
    func noteSettled() {
        guard !isProvisional || isStopped else { return }
        for continuation in proving { continuation.resume() }
        proving = []
    }

    /// Folds the history and compares, if the time has come for it.
    ///
    /// That is when everything is here that the state contains and somebody has sent all of a
    /// history, or the peer has gone; or when the peer has sent all it has, or has gone while
    /// another is level: then the log is all there is.
    func attempt() async {
        // One that is going on may have begun too early.
        while let verifying { await verifying.value }
        guard !isStopped, let provisional = parts.inner.withState({ $0.provisional }) else {
            return noteSettled()
        }
        let isGone = openLinks[provisional.peer, default: 0] == 0
        let known = parts.engine.vector ?? VersionVector()
        let isHere = provisional.checkpoint.vector.entries.allSatisfy { entry in
            known.covers(Stamp(timestamp: entry.timestamp, source: entry.source))
        }
        guard isPeerDone || hasLevelPeer && (isHere || isGone) || isHere && isGone else { return }
        let task = Task { await verify(provisional, compares: isHere || isPeerDone) }
        verifying = task
        await task.value
    }

    private func verify(_ provisional: Provisional<Action>, compares: Bool) async {
        defer { verifying = nil }
        do {
            try await parts.engine.flush()
            let encode = parts.settings.coding.encode
            if let verdict = try await deep.verify(compares ? encode : nil) {
                report(verdict, provisional)
                hasFailed = false
                noteSettled()
                await onRebuilt()
                return
            }
        } catch {
            if !hasFailed, !isStopped {
                parts.report(
                    .failed(from: provisional.peer, "its history cannot be folded yet: \(error)"))
            }
            hasFailed = true
        }
        guard isProvisional, !isStopped else { return }
        Task { [weak self, sleep = parts.sleep] in
            try? await sleep(.seconds(1))
            await self?.attempt()
        }
    }

    private func report(
        _ verdict: ClaimCheck<State, Action>.Verdict?, _ provisional: Provisional<Action>
    ) {
        let (checkpoint, peer) = (provisional.checkpoint, provisional.peer)
        guard let verdict else {
            return parts.report(.failed(from: peer, "it has gone before its history was here"))
        }
        guard let fault = verdict.fault else {
            return parts.report(.confirmed(checkpoint, from: peer))
        }
        distrusted.insert(peer)
        parts.report(
            .refuted(
                checkpoint, from: peer, after: verdict.lastTrue, through: verdict.firstFalse, fault)
        )
    }
}

// SPDX-License-Identifier: MIT

package import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    package func prepare(
        _ link: any Link, options: SessionOptions, isDialled: Bool
    ) async -> (link: any Link, options: SessionOptions) {
        await hooks.prepare?(link, options, isDialled) ?? (link, options)
    }

    /// Begins a session for a connection that was just opened.
    @specialized(where Value == UpdateLog)
    package func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID {
        state.withLock { state in
            let peer = state.replica.open(options)
            state.signals[peer] = signal
            return peer
        }
    }

    /// Ends a session.
    @specialized(where Value == UpdateLog)
    package func closeSession(_ peer: PeerID) {
        transition { state in
            state.signals[peer] = nil
            state.synced.remove(peer)
            state.replica.handle(.closed(peer), into: &state.effects)
            state.hasSeparated = state.replica.gossip.peerCount == 0
        }
    }

    /// Takes the lines that arrived together; suspends while too much waits to be delivered, saved
    /// or verified.
    @specialized(where Value == UpdateLog)
    package func receive(
        _ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder
    ) async throws {
        var incoming: [IncomingLine] = []
        incoming.reserveCapacity(lines.count)
        var fault: SessionError?
        lines.bytes.withUnsafeBufferPointer { bytes in
            for range in lines.ranges {
                do throws(SessionError) {
                    let line = try decoder.decode(UnsafeBufferPointer(rebasing: bytes[range]))
                    var fingerprint: Fingerprint?
                    if let hash = hooks.fingerprint, case .message(.update(let update)) = line {
                        fingerprint = hash(update)
                    }
                    incoming.append(IncomingLine(line, fingerprint: fingerprint))
                } catch {
                    fault = error
                    return
                }
            }
        }
        // All lists of waiters have the same continuations.
        var waiters: [Waiters<Void>.Continuation] = []
        let cutOff: SessionError? = transition { state in
            state.replica.handle(.received(peer, incoming), into: &state.effects)
            waiters = state.takeLevelWaiters()
            if state.replica.hasHeardHeader { waiters += state.headerWaiters.removeAll() }
            for case .close(peer, let error) in state.effects {
                // The reader that is here ends the session itself, so that its reason is the first.
                state.signals[peer] = nil
                return error
            }
            return nil
        }
        for waiter in waiters { waiter.resume() }
        if let fault = cutOff ?? fault { throw fault }
        await waitForRoom(peer)
    }

    /// Asks a peer for a sign of life.
    @specialized(where Value == UpdateLog)
    package func probe(_ peer: PeerID) -> Bool {
        transition { $0.replica.requestProbe(of: peer, into: &$0.effects) }
    }

    /// The next lines for a connection that has room; `nil` when there is nothing to send now.
    @specialized(where Value == UpdateLog)
    package func pull(_ peer: PeerID) -> PulledLines? {
        var waiters: [Waiters<Timestamp>.Continuation] = []
        // Sending confirms what goes to a peer that answers no probes.
        defer { for waiter in waiters { waiter.resume() } }
        return transition { state in
            let limit = DeltaLimit(bytes: ReplicaLimits.pulledBytes)
            guard let outgoing = state.replica.pull(peer, limit: limit, into: &state.effects)
            else { return nil }
            waiters = state.takeLevelWaiters()
            guard let range = outgoing.shared else {
                return PulledLines(OutboundLines(outgoing.block), finishes: outgoing.finishes)
            }
            return state.lines(shared: range).map { PulledLines($0) }
        }
    }

    // MARK: Room

    /// Lets those connections go on that waited for room and now have it.
    func admitWaitingReaders() {
        let waiters = state.withLock { state in
            guard !state.roomWaiters.isEmpty else { return [Waiters<PeerID>.Continuation]() }
            var waiters = Waiters<PeerID>()
            swap(&waiters, &state.roomWaiters)
            defer { state.roomWaiters = waiters }
            return waiters.remove { state.hasRoom(for: $0) }
        }
        for waiter in waiters { waiter.resume() }
    }

    func waitForRoom(_ peer: PeerID) async {
        guard !state.withLock({ $0.hasRoom(for: peer) }) else { return }
        // A task that is cancelled stops waiting: its connection has ended.
        try? await wait(in: \.roomWaiters, endsWhenCancelled: true) { state in
            state.hasRoom(for: peer) ? nil : peer
        }
    }
}

extension ReplicaEngine.State {
    /// One object for all peers that get the same stretch of updates.
    fileprivate mutating func lines(shared range: Range<Int>) -> OutboundLines? {
        if let known = shared.first(where: { $0.range == range }) { return known.lines }
        guard let block = replica.gossip.sharedBlock(range) else { return nil }
        let lines = OutboundLines(block)
        if shared.count >= 8 { shared.removeFirst() }
        shared.append((range, lines))
        return lines
    }
}

// SPDX-License-Identifier: MIT

import Rewind
public import Scuttlebutt
public import ScuttlebuttRuntime
import ScuttlebuttSecurity
import Synchronization

extension Dispatcher {
    /// Begins a session for a connection that was just opened.
    public func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID {
        core.withLock { core in
            let peer = core.machine.open(options)
            core.signals[peer] = signal
            return peer
        }
    }

    /// Takes the lines that arrived together; suspends while too much waits to be folded, or to be
    /// verified.
    public func receive(
        _ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder
    ) async throws {
        var incoming: [Dispatching.Incoming] = []
        incoming.reserveCapacity(lines.count)
        let verifies = hooks.verify != nil
        var fault: SessionError?
        lines.bytes.withUnsafeBufferPointer { bytes in
            for range in lines.ranges {
                do throws(SessionError) {
                    let line = try decoder.decode(UnsafeBufferPointer(rebasing: bytes[range]))
                    var fingerprint: Fingerprint?
                    if verifies, case .message(.update(let update)) = line {
                        fingerprint = Fingerprint(of: update)
                    }
                    incoming.append(Dispatching.Incoming(line, fingerprint: fingerprint))
                } catch {
                    fault = error
                    return
                }
            }
        }
        transition { $0.machine.handle(.received(peer, incoming), into: &$0.effects) }
        if let fault { throw fault }
        await waitForRoom(peer)
    }

    /// Ends a session.
    public func closeSession(_ peer: PeerID) {
        transition { core in
            core.signals[peer] = nil
            core.synced.remove(peer)
            core.machine.handle(.closed(peer), into: &core.effects)
            if core.machine.gossip.peerCount == 0 { core.hasSeparated = true }
        }
    }

    /// The next lines for a connection that has room.
    public func pull(_ peer: PeerID) -> PulledLines? {
        var duties = Duties()
        let pulled: PulledLines? = core.withLock { core in
            let outgoing = core.machine.pull(
                peer, limit: DeltaLimit(bytes: Dispatcher.pullByteLimit), into: &core.effects)
            if !core.effects.isEmpty { Dispatcher.enqueue(&core, &duties) }
            guard let outgoing else { return nil }
            guard let range = outgoing.shared else {
                return PulledLines(
                    OutboundLines(bytes: outgoing.block.bytes, ends: outgoing.block.ends),
                    finishes: outgoing.finishes)
            }
            return Dispatcher.shared(range, &core).map { PulledLines($0) }
        }
        perform(duties)
        return pulled
    }

    /// One object for all peers that get the same stretch of updates.
    private static func shared(_ range: Range<Int>, _ core: inout Core) -> OutboundLines? {
        if let known = core.shared.first(where: { $0.range == range }) { return known.lines }
        guard let block = core.machine.sharedBlock(range) else { return nil }
        let lines = OutboundLines(bytes: block.bytes, ends: block.ends)
        if core.shared.count >= 8 { core.shared.removeFirst() }
        core.shared.append((range, lines))
        return lines
    }

    /// A task that is cancelled waits no longer: its connection has ended.
    private func waitForRoom(_ peer: PeerID) async {
        guard !core.withLock({ $0.hasRoom(for: peer) }) else { return }
        let ticket = core.withLock { core in
            core.lastTicket += 1
            return core.lastTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = core.withLock { core in
                    // The cancellation handler may have run before there was a waiter.
                    if Task.isCancelled || core.hasRoom(for: peer) { return true }
                    core.roomWaiters[ticket] = (peer, continuation)
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            core.withLock { $0.roomWaiters.removeValue(forKey: ticket) }?.waiter.resume()
        }
    }
}

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

    /// Takes the lines that arrived together; suspends while too much waits to be folded.
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
        await waitForRoom()
    }

    /// Ends a session.
    public func closeSession(_ peer: PeerID) {
        transition { core in
            core.signals[peer] = nil
            core.synced.remove(peer)
            core.machine.handle(.closed(peer), into: &core.effects)
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

    private func waitForRoom() async {
        guard core.withLock({ $0.unapplied >= Dispatcher.unappliedUpdateLimit }) else { return }
        await withCheckedContinuation { continuation in
            let hasRoom = core.withLock { core in
                if core.unapplied < Dispatcher.unappliedUpdateLimit || core.isClosed {
                    return true
                }
                core.roomWaiters.append(continuation)
                return false
            }
            if hasRoom { continuation.resume() }
        }
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

extension ReplicaCore: SessionHost {
    var wire: ClassicWire { options.wire }

    func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID {
        state.withLock { state in
            let peer = state.replica.open(options)
            state.signals[peer] = signal
            return peer
        }
    }

    func closeSession(_ peer: PeerID) {
        change { state, effects in
            state.signals[peer] = nil
            state.synced.remove(peer)
            state.replica.close(peer, into: &effects)
        }
    }

    func receive(
        _ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder
    ) async throws {
        var decoded: [DecodedLine] = []
        decoded.reserveCapacity(lines.count)
        var fault: SessionError?
        lines.bytes.withUnsafeBufferPointer { bytes in
            for range in lines.ranges {
                do throws(SessionError) {
                    decoded.append(try decoder.decode(UnsafeBufferPointer(rebasing: bytes[range])))
                } catch {
                    fault = error
                    return
                }
            }
        }
        let cutOff: SessionError? = change { state, effects in
            for line in decoded {
                switch line {
                case .ignored: continue
                case .message(let message):
                    state.replica.receive(message, from: peer, into: &effects)
                    if case .digest = message { state.signals[peer]?.raiseWork() }
                case .refused(let refusal):
                    guard state.replica.gossip.isOpen(peer) else { continue }
                    effects.reports.append(.refused(refusal, peer))
                }
            }
            let error = effects.closings.first { $0.peer == peer }?.error
            // The reader that is here ends the session itself, so that its reason is the first.
            if error != nil { state.signals[peer] = nil }
            return error
        }
        if let fault = cutOff ?? fault { throw fault }
        await waitForRoom()
    }

    func pull(_ peer: PeerID) -> PulledLines? {
        change { state, effects in
            let limit = DeltaLimit(bytes: ReplicaCore.pullByteLimit)
            guard let (outgoing, reports) = state.replica.pull(peer, limit: limit) else {
                return nil
            }
            effects.reports += reports
            guard let range = outgoing.shared else {
                return PulledLines(
                    OutboundLines(bytes: outgoing.block.bytes, ends: outgoing.block.ends),
                    finishes: outgoing.finishes)
            }
            return state.lines(shared: range).map { PulledLines($0) }
        }
    }
}

extension ReplicaCore.State {
    /// One object for all peers that get the same stretch of updates.
    fileprivate mutating func lines(shared range: Range<Int>) -> OutboundLines? {
        if let known = shared.first(where: { $0.range == range }) { return known.lines }
        guard let block = replica.gossip.sharedBlock(range) else { return nil }
        let lines = OutboundLines(bytes: block.bytes, ends: block.ends)
        if shared.count >= 8 { shared.removeFirst() }
        shared.append((range, lines))
        return lines
    }
}

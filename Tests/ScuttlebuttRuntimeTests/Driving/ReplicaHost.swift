// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// The smallest host of sessions: a replicated log behind a lock.
final class ReplicaHost: SessionHost {
    struct State {
        var replica: Replica<UpdateLog>
        var signals: [PeerID: SessionSignal] = [:]
        var effects: [ReplicaEffect<Update>] = []
        var reports: [ReplicaEvent] {
            effects.compactMap { if case .report(let event) = $0 { event } else { nil } }
        }
        var waiters:
            [(condition: (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let wire = ClassicWire(rules: .upstream)
    private let state: Mutex<State>

    init(_ name: String) {
        guard let source = Source(name) else { preconditionFailure("a test named a bad source") }
        var configuration = ReplicaConfiguration()
        configuration.timestamps = .lamport
        state = Mutex(
            State(replica: Replica(UpdateLog(), source: source, configuration: configuration)))
    }

    var count: Int { state.withLock { $0.replica.value.count } }
    var sessionCount: Int {
        state.withLock { max($0.replica.gossip.peerCount, $0.signals.count) }
    }

    func write(_ value: Int) {
        change { state in
            _ = try? state.replica.write(Array("\(value)".utf8), into: &state.effects)
        }
    }

    /// Ends a session as a machine does that was wronged.
    func cutOff() {
        let signals = state.withLock { Array($0.signals.values) }
        for signal in signals { signal.raiseClose(.fault("wronged")) }
    }

    /// Waits until the condition holds, which is looked at after each change.
    func until(_ condition: @escaping @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state) { return true }
                state.waiters.append(({ condition($0) }, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, due, signals) = state.withLock { state in
            let result = body(&state)
            var due: [CheckedContinuation<Void, Never>] = []
            for (index, waiter) in state.waiters.enumerated().reversed()
            where waiter.condition(state) {
                due.append(waiter.continuation)
                state.waiters.remove(at: index)
            }
            return (result, due, Array(state.signals.values))
        }
        for signal in signals { signal.raiseWork() }
        for waiter in due { waiter.resume() }
        return result
    }

    func openSession(_ options: SessionOptions, signal: SessionSignal) -> PeerID {
        change { state in
            let peer = state.replica.open(options)
            state.signals[peer] = signal
            return peer
        }
    }

    func receive(_ lines: InboundLines, from peer: PeerID, decoder: inout LineDecoder) async throws
    {
        var messages: [Message] = []
        var fault: SessionError?
        for range in lines.ranges {
            do throws(SessionError) {
                if case .message(let message) = try decoder.decode(Array(lines.bytes[range])) {
                    messages.append(message)
                }
            } catch {
                fault = error
                break
            }
        }
        let all = messages
        change { state in
            for message in all {
                let line = IncomingLine(.message(message))
                state.replica.handle(.received(peer, [line]), into: &state.effects)
            }
        }
        if let fault { throw fault }
    }

    func pull(_ peer: PeerID) -> PulledLines? {
        state.withLock { state in
            guard
                let outgoing = state.replica.pull(
                    peer, limit: DeltaLimit(bytes: 4_096), into: &state.effects)
            else { return nil }
            let block =
                outgoing.shared.flatMap { state.replica.gossip.sharedBlock($0) } ?? outgoing.block
            return PulledLines(OutboundLines(block), finishes: outgoing.finishes)
        }
    }

    func closeSession(_ peer: PeerID) {
        change { state in
            state.signals[peer] = nil
            state.replica.handle(.closed(peer), into: &state.effects)
        }
    }
}

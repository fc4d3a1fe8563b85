// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

enum Note: GossipAction, Equatable {
    case add(Int)
    case secret(Int)
    case fail

    var isLocalOnly: Bool { if case .secret = self { true } else { false } }
}

struct Refusal: Error {}

/// Order shows in the state, and a failing action must leave no trace.
let listing = Reducer<[Int], Note> { (state: inout [Int], action: Note) throws in
    switch action {
    case .add(let value), .secret(let value): state.append(value)
    case .fail:
        state = []
        throw Refusal()
    }
}

/// The same without failures.
let adding = Reducer<[Int], Note> { (state: inout [Int], action: Note) in
    switch action {
    case .add(let value), .secret(let value): state.append(value)
    case .fail: break
    }
}

/// Collects what happened, from any thread, and lets a test wait for it.
final class Journal<Entry: Sendable>: Sendable {
    private struct State {
        var entries: [Entry] = []
        var waiters: [(@Sendable ([Entry]) -> Bool, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    var entries: [Entry] { state.withLock { $0.entries } }

    func note(_ entry: Entry) {
        let due = state.withLock { state in
            state.entries.append(entry)
            let due = state.waiters.filter { $0.0(state.entries) }
            state.waiters.removeAll { $0.0(state.entries) }
            return due
        }
        for (_, waiter) in due { waiter.resume() }
    }

    func until(_ condition: @escaping @Sendable ([Entry]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state.entries) { return true }
                state.waiters.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }
}

extension Journal where Entry == GossipEvent {
    var changes: [HistoryChange] {
        entries.compactMap { if case .applied(let change) = $0 { change } else { nil } }
    }
}

func source(_ name: String) -> Source {
    guard let source = Source(name) else { preconditionFailure("a test named a bad source") }
    return source
}

/// Another peer, written by hand: a session that says lines and hears what comes back.
struct RawPeer {
    let host: any SessionHost
    let signal = SessionSignal()
    let peer: PeerID
    private var decoder: LineDecoder

    init(_ dispatcher: Dispatcher) {
        host = dispatcher.host
        decoder = LineDecoder(wire: host.wire)
        peer = host.openSession(SessionOptions(), signal: signal)
    }

    mutating func say(_ lines: [String]) async throws {
        var inbound = InboundLines()
        for line in lines { inbound.append(line.utf8) }
        try await host.receive(inbound, from: peer, decoder: &decoder)
    }

    func heard() -> [String] {
        var text: [String] = []
        while let pulled = host.pull(peer) {
            text += String(decoding: pulled.lines.bytes, as: UTF8.self).split(separator: "\n").map(
                String.init)
        }
        return text
    }

    func leave() { host.closeSession(peer) }
}

func line(_ value: Int, _ time: Int, _ source: String) -> String {
    "[{\"type\":\"add\",\"payload\":\(value)},\(time),\"\(source)\"]"
}

let header = "{\"id\":\"RAW\",\"clock\":{}}"
let sync = "\"SYNC\""

extension StoreProtocol {
    /// Waits until the state is so.
    func until(_ condition: (State) -> Bool) async {
        for await state in states where condition(state) { return }
    }
}

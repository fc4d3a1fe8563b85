// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

/// The bytes of an action `{"type":"A","n":…}`.
func action(_ number: Int, type: String = "A") -> Payload {
    Array("{\"type\":\"\(type)\",\"n\":\(number)}".utf8)
}

func update(_ source: String, _ time: Int, _ number: Int? = nil) -> Update {
    Update(
        payload: action(number ?? time), timestamp: stamp(time, source).timestamp,
        source: stamp(time, source).source)
}

/// A fingerprint that differs for different updates, as far as a test needs it.
func fingerprint(_ update: Update) -> Fingerprint? {
    var bytes = [UInt8](repeating: 0, count: 32)
    for (index, byte) in (update.payload + update.source.utf8).enumerated() {
        bytes[index % 32] = bytes[index % 32] &* 31 &+ byte
    }
    return Fingerprint(bytes: bytes)
}

/// A machine with a driver that keeps its effects, for one step at a time.
struct Bench {
    var machine: Dispatching
    var effects: [Dispatching.Effect] = []

    init(_ name: String = "US", _ change: (inout Dispatching.Configuration) -> Void = { _ in }) {
        var configuration = Dispatching.Configuration()
        change(&configuration)
        machine = Dispatching(source: stamp(1, name).source, configuration: configuration)
    }

    /// A session that is past its handshake: header and SYNC were exchanged.
    mutating func live(_ clock: String = "") -> PeerID {
        let peer = machine.open()
        receive(
            [.digest(Digest(source: nil, clock: VersionVector(clock) ?? VersionVector())), .sync],
            peer)
        _ = said(peer)
        effects = []
        return peer
    }

    mutating func handle(_ event: Dispatching.Event) { machine.handle(event, into: &effects) }

    mutating func receive(_ messages: [Message], _ peer: PeerID) {
        handle(
            .received(
                peer,
                messages.map { message in
                    guard case .update(let update) = message else {
                        return Dispatching.Incoming(.message(message))
                    }
                    return Dispatching.Incoming(.message(message), fingerprint: fingerprint(update))
                }))
    }

    mutating func receive(_ updates: [Update], _ peer: PeerID) {
        receive(updates.map { Message.update($0) }, peer)
    }

    mutating func dispatch(_ number: Int) -> Update? {
        machine.dispatch(action(number), into: &effects)
    }

    mutating func pull(_ peer: PeerID, _ limit: DeltaLimit) -> Outgoing? {
        machine.pull(peer, limit: limit, into: &effects)
    }

    /// All lines that a peer gets now.
    mutating func said(_ peer: PeerID, _ limit: DeltaLimit = .unlimited) -> [String] {
        var text: [String] = []
        while let outgoing = pull(peer, limit) {
            let block = outgoing.shared.flatMap { machine.sharedBlock($0) } ?? outgoing.block
            text += String(decoding: block.bytes, as: UTF8.self).split(separator: "\n").map(
                String.init)
        }
        return text
    }

    /// Answers the verification that was asked for last.
    mutating func verdict(_ verdict: Verdict) {
        guard let (id, _) = verifications.last else { return }
        handle(.verified(id, verdict))
    }

    mutating func take() -> [Dispatching.Effect] {
        defer { effects = [] }
        return effects
    }

    var names: [String] { effects.map(\.name) }
    var applied: [Update] {
        effects.flatMap { effect -> [Update] in
            if case .apply(let updates) = effect { updates } else { [] }
        }
    }
    var reports: [Report] {
        effects.compactMap { if case .report(let report) = $0 { report } else { nil } }
    }
    var verifications: [(VerificationID, Update)] {
        effects.compactMap {
            if case .verify(let id, let update) = $0 { (id, update) } else { nil }
        }
    }
    var closed: [PeerID] {
        effects.compactMap { if case .close(let peer, _) = $0 { peer } else { nil } }
    }
}

extension Dispatching.Effect {
    var name: String {
        switch self {
        case .sign: "sign"
        case .dispatched: "dispatched"
        case .dispatchRefused: "dispatchRefused"
        case .apply: "apply"
        case .save: "save"
        case .verify: "verify"
        case .remember: "remember"
        case .wake: "wake"
        case .wakeAll: "wakeAll"
        case .startTimer: "startTimer"
        case .close: "close"
        case .report: "report"
        }
    }
}

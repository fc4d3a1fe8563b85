// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// A replica with a driver that keeps the effects, for one step at a time.
final class ReplicaBench<Value: Replicated> {
    var replica: Replica<Value>
    var effects: [Replica<Value>.Effect] = []

    init(_ replica: Replica<Value>) { self.replica = replica }

    /// A data type by the rules of the originals, with a counter for a clock.
    ///
    /// - Parameter saves: Whether own writes wait for ``commit(_:)``.
    convenience init(
        _ name: String, _ value: Value, saves: Bool = true, sizeLimit: Int = 1 << 30
    ) throws {
        var configuration = ReplicaConfiguration()
        configuration.timestamps = .lamport
        configuration.savesUpdates = saves
        configuration.sizeLimit = sizeLimit
        self.init(
            Replica(value, source: try #require(Source(name)), configuration: configuration))
        replica.describesChanges = true
    }

    func handle(_ input: ReplicaInput) { replica.handle(input, into: &effects) }

    func receive(_ messages: [Message], _ peer: PeerID) {
        handle(
            .received(
                peer,
                messages.map { message in
                    guard case .update(let update) = message else {
                        return IncomingLine(.message(message))
                    }
                    return IncomingLine(.message(message), fingerprint: fingerprint(update))
                }))
    }

    func receive(_ updates: [Update], _ peer: PeerID) {
        receive(updates.map { Message.update($0) }, peer)
    }

    func receive(_ message: Message, from peer: PeerID) { receive([message], peer) }

    func receive(digest: String, from peer: PeerID) throws {
        let clock = try #require(VersionVector(digest))
        receive(.digest(Digest(source: nil, vector: clock)), from: peer)
    }

    /// Writes `["k",<value>]`; with a disk it stays here until it is committed.
    @discardableResult
    func write(_ value: String, key: String = "k") throws -> Update {
        try replica.write(Array("[\"\(key)\",\(value)]".utf8), into: &effects)
    }

    /// Reports an own write as saved.
    func commit(_ update: Update) {
        for case .save(let token, let updates) in effects where updates == [update] {
            return handle(.saved(token))
        }
    }

    func pull(_ peer: PeerID, _ limit: DeltaLimit = .unlimited) -> Outgoing? {
        replica.pull(peer, limit: limit, into: &effects)
    }

    /// The lines of what was pulled.
    func lines(of outgoing: Outgoing) -> [String] {
        allLines(outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block)
    }

    /// All lines that a peer gets now.
    func said(_ peer: PeerID, _ limit: DeltaLimit = .unlimited) -> [String] {
        var said: [String] = []
        while let outgoing = pull(peer, limit) { said += lines(of: outgoing) }
        return said
    }

    /// Answers the verification that was asked for last.
    func verdict(_ verdict: Verdict) {
        guard let (id, _) = verifications.last else { return }
        handle(.verified(id, verdict))
    }

    func take() -> [Replica<Value>.Effect] {
        defer { effects = [] }
        return effects
    }

    // MARK: Effects by kind

    var names: [String] { effects.map(\.name) }
    var accepted: [Update] {
        effects.flatMap { effect -> [Update] in
            if case .accepted(let updates) = effect { updates } else { [] }
        }
    }
    var changes: [Value.Change] {
        effects.flatMap { effect -> [Value.Change] in
            if case .changed(let changes, _) = effect { changes } else { [] }
        }
    }
    var isReset: Bool {
        effects.contains { if case .changed(_, isReset: true) = $0 { true } else { false } }
    }
    /// All events but that a session was cut off, which ``closings`` tells.
    var reports: [ReplicaEvent] {
        effects.compactMap { effect in
            switch effect {
            case .report(.cutOff): nil
            case .report(let event): event
            default: nil
            }
        }
    }
    var verifications: [(VerificationID, Update)] {
        effects.compactMap {
            if case .verify(let id, let update) = $0 { (id, update) } else { nil }
        }
    }
    var timers: [ReplicaTimer] {
        effects.compactMap { if case .startTimer(let timer) = $0 { timer } else { nil } }
    }
    var closings: [(peer: PeerID, error: SessionError)] {
        effects.compactMap {
            if case .close(let peer, let error) = $0 { (peer, error) } else { nil }
        }
    }
    var closed: [PeerID] { closings.map(\.peer) }
}

/// A replica of a log of actions.
typealias Bench = ReplicaBench<UpdateLog>

extension ReplicaBench where Value == UpdateLog {
    /// A store's log by the rules of the fork, without a disk unless the configuration has one.
    convenience init(
        _ name: String = "US", _ change: (inout ReplicaConfiguration) -> Void = { _ in }
    ) {
        var configuration = ReplicaConfiguration.actions
        change(&configuration)
        guard let source = Source(name) else { preconditionFailure("a test named a bad source") }
        self.init(Replica(UpdateLog(), source: source, configuration: configuration))
    }

    /// A session that is past its handshake: header and SYNC were exchanged.
    func live(_ clock: String = "") -> PeerID {
        let peer = replica.open()
        receive(
            [.digest(Digest(source: nil, vector: VersionVector(clock) ?? VersionVector())), .sync],
            peer)
        _ = said(peer)
        effects = []
        return peer
    }

    func dispatch(_ number: Int) -> Update? {
        try? replica.write(action(number), into: &effects)
    }

    var stamps: [Double] { replica.value.history(since: VersionVector()).map(\.timestamp.value) }
}

/// The bytes of an action `{"type":"A","n":…}`.
func action(_ number: Int, type: String = "A") -> Payload {
    Array("{\"type\":\"\(type)\",\"n\":\(number)}".utf8)
}

/// An update of an action.
func acted(_ source: String, _ time: Int, _ number: Int? = nil) -> Update {
    Update(
        payload: action(number ?? time), timestamp: stamp(time, source).timestamp,
        source: stamp(time, source).source)
}

func stamp(_ time: Int, _ source: String = "a") -> Stamp {
    guard let timestamp = Timestamp(Double(time)), let source = Source(source) else {
        preconditionFailure("a test wrote a stamp that cannot exist")
    }
    return Stamp(timestamp: timestamp, source: source)
}

/// An own payload as a signer returns it.
func checked(_ payload: Payload) throws -> CheckedPayload {
    try ReplicaConfiguration.actions.wire.check(payload)
}

/// A fingerprint that differs for different updates, as far as a test needs it.
func fingerprint(_ update: Update) -> Fingerprint? {
    var bytes = [UInt8](repeating: 0, count: 32)
    for (index, byte) in (update.payload + update.source.utf8).enumerated() {
        bytes[index % 32] = bytes[index % 32] &* 31 &+ byte
    }
    return Fingerprint(bytes: bytes)
}

/// Lines as text; under another name than the method above.
private func allLines(_ block: WireBlock) -> [String] { lines(block) }

extension ReplicaEffect {
    var name: String {
        switch self {
        case .sign: "sign"
        case .signed: "signed"
        case .notSigned: "notSigned"
        case .accepted: "accepted"
        case .changed: "changed"
        case .save: "save"
        case .verify: "verify"
        case .remember: "remember"
        case .wake: "wake"
        case .wakeAll: "wakeAll"
        case .startTimer: "startTimer"
        case .read: "read"
        case .close: "close"
        case .report: "report"
        case .presence: "presence"
        }
    }
}

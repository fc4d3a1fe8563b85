// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Every decision of a dispatcher, as a value: what is stamped, verified, applied, saved, relayed
/// and reported, and in which order.
///
/// A driver feeds events and performs the effects it gets back, in their order; it asks
/// ``pull(_:limit:into:)`` for lines whenever a connection has room. The machine neither reads a
/// clock nor waits: a simulator drives it as well as a server does.
///
/// The way of an update that arrives:
/// 1. *held* with the rest of its peer's history, until the peer's SYNC (one batch, one replay);
/// 2. *judged*: known already, forged, refused before?
/// 3. *verified*, if there is a policy: in parallel, but settled in the order of each source;
/// 4. *accepted*: only now it enters the log, moves its source's clock, and is applied and relayed.
///
/// The way of an own action: signed if need be, stamped, applied at once; it enters the log, and so
/// can leave, when it has been saved.
public struct Dispatching: Sendable {
    /// What the machine is told at its making.
    public let configuration: Configuration
    /// All accepted updates; own ones from the moment they are saved.
    public internal(set) var log = UpdateLog()
    /// The sessions, and what was accepted per source.
    public internal(set) var gossip: Gossip

    var generator = LamportGenerator()
    var signing = OrderedQueue<Signing>()
    var unsaved = OrderedQueue<Unsaved>()
    var lastSave = 0
    var savedToken = 0
    var deferredOwn: [Arrival] = []
    var ownClaims: [PeerID: OwnClaim] = [:]
    var ownClaimCount = 0

    var held: [PeerID: Held] = [:]
    var queues: [Source: VerificationQueue] = [:]
    var lastVerification = 0
    var verificationPlaces: [VerificationID: VerificationPlace] = [:]
    var pendingOf: [PeerID: Int] = [:]
    var refusals: RefusalMemory
    var syncsToReport: [PeerID] = []
    var historiesToReport: [PeerID] = []

    /// Makes the machine of a peer that writes as `source`.
    public init(source: Source, configuration: Configuration = Configuration()) {
        self.configuration = configuration
        gossip = Gossip(
            source: source, wire: ClassicWire(rules: .fork, bounds: configuration.bounds))
        refusals = RefusalMemory(limit: configuration.refusalLimit)
    }

    /// The source that own actions are written as.
    public var source: Source { gossip.source }

    /// Own actions that no open connection was given yet; a later header that lacks them counts
    /// them again.
    ///
    /// - Complexity: O(log n).
    public var pendingCount: Int {
        log.count(of: source, after: gossip.ownWritten) + unsaved.count + signing.count
    }

    /// How many updates wait for their verification.
    public var verificationCount: Int { verificationPlaces.count }

    /// How many updates of this peer wait for their verification.
    public func verificationCount(of peer: PeerID) -> Int { pendingOf[peer] ?? 0 }

    /// The oldest own action at the signer; `nil` when none is.
    public var oldestSigning: DispatchID? {
        signing.isEmpty ? nil : DispatchID(number: signing.start)
    }

    /// The own action that went to the signer last, also when it has come back.
    public var newestSigning: DispatchID { DispatchID(number: signing.end - 1) }

    /// Takes back updates of an earlier life, each source's ascending; call it before any session.
    ///
    /// - Returns: Those that were new.
    @discardableResult
    public mutating func restore(_ updates: [Update]) -> [Update] {
        var restored: [Update] = []
        restored.reserveCapacity(updates.count)
        for update in updates where log.append(update) {
            gossip.restore(update.stamp)
            observe(update)
            restored.append(update)
        }
        return restored
    }

    /// Takes back the fingerprints of refused updates, oldest first.
    public mutating func restore(refusals fingerprints: [Fingerprint]) {
        for fingerprint in fingerprints { refusals.insert(fingerprint) }
    }

    /// Begins a session for a connection that was just opened.
    public mutating func open(_ options: SessionOptions = SessionOptions()) -> PeerID {
        gossip.open(options)
    }

    /// The next lines for a peer whose connection has room; `nil` when there is nothing to send.
    public mutating func pull(
        _ peer: PeerID, limit: DeltaLimit, into effects: inout [Effect]
    ) -> Outgoing? {
        let outgoing = gossip.pull(peer, from: log, limit: limit)
        reportSyncs(into: &effects, candidate: peer)
        return outgoing
    }

    /// The lines of a stretch that ``pull(_:limit:into:)`` named as shared; ask in the same turn.
    public func sharedBlock(_ range: Range<Int>) -> WireBlock? { gossip.sharedBlock(range) }

    /// Performs the transition for one event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - effects: What the driver is to do is appended here, in the order in which to do it.
    public mutating func handle(_ event: Event, into effects: inout [Effect]) {
        switch event {
        case .dispatched(let payload):
            beginSigning(payload, into: &effects)
        case .signed(let id, let payload):
            settleSigning(id, payload, into: &effects)
        case .saved(let token):
            settleSave(token, into: &effects)
        case .received(let peer, let messages):
            receive(messages, from: peer, into: &effects)
        case .verified(let id, let verdict):
            settleVerification(id, verdict, into: &effects)
        case .timerFired(let peer, let generation):
            timerFired(peer, generation, into: &effects)
        case .closed(let peer):
            close(peer, into: &effects)
        }
    }

    mutating func observe(_ update: Update) {
        if update.source == source {
            generator.recover(own: update.timestamp)
        } else {
            generator.observe(update.timestamp)
        }
    }

    /// Accepts updates: the one place where the log, the clocks and the peers learn of them.
    mutating func accept(_ accepted: [Update], into effects: inout [Effect]) {
        var fresh: [Update] = []
        fresh.reserveCapacity(accepted.count)
        for update in accepted {
            guard gossip.hasRoom(for: update.source) else {
                let refusal = Refusal(
                    .source, "there are too many sources to take another", stamp: update.stamp)
                effects.append(.report(.refused(refusal, nil)))
                continue
            }
            guard log.append(update) else {
                noteKnown(update, into: &effects)
                continue
            }
            observe(update)
            gossip.accept(update)
            fresh.append(update)
        }
        guard !fresh.isEmpty else { return }
        if configuration.savesUpdates {
            lastSave += 1
            effects.append(.save(lastSave, fresh))
        }
        effects.append(.apply(fresh))
        if gossip.peerCount > 0 { effects.append(.wakeAll) }
    }

    /// An update came that is covered by what we have: a duplicate, or an equivocation.
    func noteKnown(_ update: Update, into effects: inout [Effect]) {
        compare(log.update(at: update.stamp), update, into: &effects)
    }

    /// Reports a repetition, or two different updates with one stamp.
    func compare(_ ours: Update?, _ update: Update, into effects: inout [Effect]) {
        if let ours, ours.payload != update.payload,
            !JSONMeaning.areEqualActions(ours.payload, update.payload)
        {
            effects.append(.report(.equivocation(update.stamp)))
        } else {
            effects.append(.report(.stale(update.stamp)))
        }
    }
}

/// An update that came from a peer and is to be judged.
struct Arrival: Sendable {
    let update: Update
    let fingerprint: Fingerprint?
    let peer: PeerID
}

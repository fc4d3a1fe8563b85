// SPDX-License-Identifier: MIT

/// A peer, as a value that does no I/O: it stamps own writes, judges what arrives, and gossips with
/// any number of other peers.
///
/// The value may be a data type such as a replicated array, or an ``UpdateLog``, which is the value
/// of a store. A driver reports what happens with ``handle(_:into:)``, asks ``pull(_:limit:into:)``
/// for lines whenever a connection has room, and performs the effects it gets back; its duties are
/// written on ``ReplicaEffect``. The replica reads no clock and never waits, so a simulator drives
/// it as well as a server does.
///
/// What happens to an update that arrives (`Replica+Receiving.swift`):
/// 1. It is *held* with the rest of its peer's history until the peer says SYNC, if
///    ``ReplicaConfiguration/holdsHistories`` is set: one batch, one replay.
/// 2. It is *judged*: is it known, forged, or remembered as refused?
/// 3. It is *verified*, if ``ReplicaConfiguration/verifies`` is set: in parallel, but settled in
///    the order of each source.
/// 4. It is *accepted*: it enters the value and moves its source's clock, and from then on it is
///    saved, reported and relayed.
///
/// What happens to an own write (`Replica+Writing.swift`):
/// 1. It is *signed*, if ``ReplicaConfiguration/signs`` is set.
/// 2. It is *stamped* and enters the value at once.
/// 3. It is *saved*, if ``ReplicaConfiguration/savesUpdates`` is set.
/// 4. It is *released* to the peers, behind older own updates that are still on their way home from
///    a peer after a store was lost (`Replica+Homecoming.swift`).
public struct Replica<Value: Replicated>: Sendable {
    /// What a transition asks of the driver.
    public typealias Effect = ReplicaEffect<Value.Change>

    /// What the replica does, and its bounds.
    public private(set) var configuration: ReplicaConfiguration
    /// The replicated value: everything accepted, and every own write from the moment it is
    /// stamped.
    public internal(set) var value: Value
    /// The sessions, and what may be sent to peers of each source.
    public internal(set) var gossip: Gossip
    /// Whether changes of the value are described, see ``ReplicaEffect/changed(_:isReset:)``;
    /// default false.
    public var describesChanges = false
    /// Whether some peer has said what it has, since this replica was created.
    ///
    /// From then on, a counter's timestamps are above everything that this peer has.
    public private(set) var hasHeardHeader = false
    /// The wall clock when ``advance(wallClock:into:)`` was last called.
    public internal(set) var wallClock: Double = 0

    /// The value before the first update, to rebuild the current one from; see
    /// ``OwnUpdates/home``.
    let initial: Value
    var timestamps: TimestampGenerator

    var own = OwnUpdates()
    var signing = OrderedQueue<Signing>()
    /// The token of the newest save that was asked for.
    public internal(set) var lastSave = 0

    var held: [PeerID: HeldHistory] = [:]
    var queues: [Source: VerificationQueue] = [:]
    var verificationPlaces: [VerificationID: VerificationPlace] = [:]
    var lastVerification = 0
    /// How many updates of each peer are being verified.
    var pendingOf: [PeerID: Int] = [:]
    var refusals: RefusalMemory
    var lastTimer = 0
    /// Peers whose events wait until what they sent is settled.
    var syncsToReport: [PeerID] = []
    var historiesToReport: [PeerID] = []

    /// Creates a replica that writes as `source`.
    ///
    /// - Parameters:
    ///   - value: Usually empty; updates that it has already count as accepted.
    ///   - source: Who writes.
    ///   - configuration: What it does, with its bounds.
    public init(
        _ value: Value, source: Source,
        configuration: ReplicaConfiguration = ReplicaConfiguration()
    ) {
        self.value = value
        self.configuration = configuration
        initial = value
        timestamps = configuration.timestamps
        gossip = Gossip(source: source, wire: configuration.wire)
        refusals = RefusalMemory(limit: configuration.refusalLimit)
        for update in value.history(since: VersionVector()) {
            gossip.restore(update.stamp)
            observe(update.stamp)
        }
    }

    /// Creates a replica that has everything another one has, and writes as a `source` of its own.
    ///
    /// - Parameters:
    ///   - other: The replica whose updates it has.
    ///   - source: Who writes.
    ///   - empty: For types that know who writes: the value before the first update, as the new
    ///     source has it. Everything is applied to it; otherwise the value is copied.
    public init(copying other: Self, source: Source, into empty: Value? = nil) {
        configuration = other.configuration
        configuration.mayHaveWritten = false
        value = empty ?? other.value
        initial = empty ?? other.initial
        timestamps = other.timestamps
        wallClock = other.wallClock
        gossip = Gossip(source: source, wire: other.gossip.wire)
        refusals = RefusalMemory(limit: configuration.refusalLimit)
        for entry in other.gossip.vector.entries {
            gossip.restore(Stamp(timestamp: entry.timestamp, source: entry.source))
        }
        if let newest = other.own.newest {
            gossip.restore(Stamp(timestamp: newest, source: other.gossip.source))
        }
        guard empty != nil else { return }
        for update in other.value.history(since: VersionVector()) { value.apply(update) }
        var ignored: [Value.Change]?
        value.advance(wallClock: wallClock, changes: &ignored)
    }

    /// How many bytes of updates may be retained; see ``ReplicaConfiguration/sizeLimit``.
    public var sizeLimit: Int {
        get { configuration.sizeLimit }
        set { configuration.sizeLimit = newValue }
    }

    /// The source that own writes are stamped with.
    public var source: Source { gossip.source }

    /// How many own writes no peer is known to have yet, those at the signer included; see
    /// ``Gossip/ownConfirmed``.
    ///
    /// A later header that lacks some of them counts them again.
    ///
    /// - Complexity: that of ``Replicated/count(since:)``.
    public var pendingCount: Int {
        guard let newest = own.newest, gossip.ownConfirmed.map({ $0 < newest }) ?? true else {
            return signing.count
        }
        var known = gossip.foreign
        if let written = gossip.ownConfirmed { known.advance(source, to: written) }
        return value.count(since: known) + signing.count
    }

    /// How many own updates some peer does not take; see ``ReplicaEvent/setAside(_:by:)``.
    public var setAsideCount: Int { own.setAside.count }

    /// The timestamp of the newest own write, sent or not; `nil` before the first.
    public var newestWritten: Timestamp? { own.newest }

    /// Asks a peer for a sign of life, unless an answer is already awaited; see
    /// ``Gossip/requestProbe(of:)``.
    ///
    /// - Returns: Whether this peer has to say something.
    public mutating func requestProbe(of peer: PeerID, into effects: inout [Effect]) -> Bool {
        let answers = gossip.requestProbe(of: peer)
        if gossip.isOpen(peer) { effects.append(.wake(peer)) }
        return answers
    }

    /// How many updates are being verified.
    public var verificationCount: Int { verificationPlaces.count }

    /// How many updates of this peer are being verified.
    public func verificationCount(of peer: PeerID) -> Int { pendingOf[peer] ?? 0 }

    /// Tells the value what time it is.
    ///
    /// A driver calls it before writes, arrivals and pulls if ``Replicated/readsWallClock`` is
    /// true.
    ///
    /// - Parameters:
    ///   - milliseconds: The wall clock, in milliseconds since 1970.
    ///   - effects: What is to be done is appended to it.
    public mutating func advance(wallClock milliseconds: Double, into effects: inout [Effect]) {
        wallClock = milliseconds
        var changes: [Value.Change]? = describesChanges ? [] : nil
        value.advance(wallClock: milliseconds, changes: &changes)
        if let changes, !changes.isEmpty { effects.append(.changed(changes, isReset: false)) }
    }

    /// Restores updates of an earlier life, each source's ascending; call it before any session.
    ///
    /// An update that the value refuses is remembered as used, so that its stamp is not given to
    /// another.
    ///
    /// - Returns: The updates that were new and fit.
    @specialized(where Value == UpdateLog)
    @discardableResult
    public mutating func restore(_ updates: [Update]) -> [Update] {
        var restored: [Update] = []
        restored.reserveCapacity(updates.count)
        for update in updates where !gossip.covers(update.stamp) {
            let result = value.apply(update)
            gossip.restore(update.stamp)
            observe(update.stamp)
            if result == .applied { restored.append(update) }
        }
        return restored
    }

    /// Restores the fingerprints of refused updates, oldest first.
    public mutating func restore(refusals fingerprints: [Fingerprint]) {
        for fingerprint in fingerprints { refusals.insert(fingerprint) }
    }

    /// Begins a session for a connection that was just opened.
    public mutating func open(_ options: SessionOptions = SessionOptions()) -> PeerID {
        gossip.open(options)
    }

    /// Returns the next lines for a peer whose connection has room; `nil` when there is nothing to
    /// send.
    @specialized(where Value == UpdateLog)
    public mutating func pull(
        _ peer: PeerID, limit: DeltaLimit, into effects: inout [Effect]
    ) -> Outgoing? {
        let unsettled = hasUnsettledOwn ? own.newest : nil
        let outgoing = gossip.pull(peer, from: value, limit: limit, unsettled: unsettled)
        for stamp in gossip.takeSetAside() { setAside(stamp, by: peer, into: &effects) }
        for range in gossip.takeRequests() { effects.append(.read(range)) }
        if gossip.presence.isRoundDue { settlePresence(into: &effects) }
        reportSyncs(candidate: peer, into: &effects)
        return outgoing
    }

    /// Performs the transition for one input and appends what the driver is to do.
    @specialized(where Value == UpdateLog)
    public mutating func handle(_ input: ReplicaInput, into effects: inout [Effect]) {
        switch input {
        case .submitted(let payload):
            let id = SigningID(number: signing.append(Signing(answer: nil)))
            effects.append(.sign(id, payload.bytes))
        case .signed(let id, let payload):
            settleSigning(id, payload, into: &effects)
        case .saved(let token):
            settleSave(token, into: &effects)
        case .received(let peer, let lines):
            receive(lines, from: peer, into: &effects)
        case .verified(let id, let verdict):
            settleVerification(id, verdict, into: &effects)
        case .read(let range, let updates):
            receive(updates, of: range, into: &effects)
        case .stored(let updates, let late):
            accept(stored: updates, late: late, into: &effects)
        case .timerFired(let timer):
            timerFired(timer, into: &effects)
        case .closed(let peer):
            close(peer, into: &effects)
        }
    }

    /// Notes that a peer has said what it has.
    ///
    /// A counter goes on above it, although the updates themselves come later: what is written in
    /// between would otherwise sort before everybody's history.
    package mutating func noteHeader(highest: Timestamp?) {
        hasHeardHeader = true
        guard !timestamps.readsWallClock, let highest else { return }
        timestamps.observe(highest)
    }

    mutating func observe(_ stamp: Stamp) {
        if stamp.source == gossip.source {
            timestamps.recover(own: stamp.timestamp)
            own.newest = max(own.newest ?? stamp.timestamp, stamp.timestamp)
        } else {
            timestamps.observe(stamp.timestamp)
        }
    }
}

// SPDX-License-Identifier: MIT

/// Hosts one replicated value: stamps local writes, judges what arrives, and gossips with any
/// number of peers.
///
/// A value that does no I/O; a driver feeds it and performs its ``ReplicaEffects``. A local write
/// shows at once and leaves when it is committed, so that a driver can save it first.
///
/// - SeeAlso: the `Dispatching` machine of `Rewind`, which does the same for actions, where an
///   update may have to wait for its verification.
public struct Replica<Value: Replicated, Generator: TimestampGenerator>: Sendable {
    /// What a transition asks of the driver.
    public typealias Effects = ReplicaEffects<Value.Change>

    @usableFromInline var current: Value
    /// The value before the first update, to build the current one anew from; see
    /// ``OwnUpdates/home``.
    let initial: Value
    /// The sessions, and what has been accepted.
    public internal(set) var gossip: Gossip
    /// How many bytes of updates may be retained; see ``Replicated/retainedByteCount``.
    ///
    /// A write beyond it throws. An update of a peer beyond it is not taken and ends the session:
    /// to refuse it and go on would leave a gap, while the next session brings it again in its
    /// place. Updates that leave no more than there was are taken always.
    public var sizeLimit: Int
    var generator: Generator
    var own = OwnUpdates()
    /// The wall clock when ``advance(wallClock:changes:)`` was last called.
    public internal(set) var wallClock: Double = 0

    /// The default of ``sizeLimit``: 1 GiB.
    ///
    /// It keeps a hostile peer from taking all memory, and is far above what people make.
    public static var defaultSizeLimit: Int { 1 << 30 }

    /// Makes a replica that writes as `source`.
    ///
    /// - Parameters:
    ///   - value: Usually empty; updates that it has already count as accepted.
    ///   - sizeLimit: See ``sizeLimit``.
    public init(
        _ value: Value, source: Source, wire: ClassicWire, generator: Generator,
        sizeLimit: Int = defaultSizeLimit
    ) {
        current = value
        initial = value
        self.generator = generator
        self.sizeLimit = sizeLimit
        gossip = Gossip(source: source, wire: wire)
        for update in value.history(since: VersionVector()) {
            gossip.restore(update.stamp)
            observe(update.stamp)
        }
    }

    /// Makes a replica that has all that another one has, and writes as a `source` of its own.
    ///
    /// - Parameter empty: For types that know who writes: the value before the first update, as
    ///   the new source has it. Everything is applied to it; else the value is copied.
    public init(copying other: Self, source: Source, into empty: Value? = nil) {
        current = empty ?? other.current
        initial = empty ?? other.initial
        generator = other.generator
        sizeLimit = other.sizeLimit
        wallClock = other.wallClock
        gossip = Gossip(source: source, wire: other.gossip.wire)
        for entry in other.gossip.vector.entries {
            gossip.restore(Stamp(timestamp: entry.timestamp, source: entry.source))
        }
        if let newest = other.own.newest {
            gossip.restore(Stamp(timestamp: newest, source: other.gossip.source))
        }
        guard empty != nil else { return }
        for update in other.current.history(since: VersionVector()) { current.apply(update) }
        var ignored: [Value.Change]?
        current.advance(wallClock: wallClock, changes: &ignored)
    }

    /// The replicated value.
    @inlinable
    public var value: Value { current }

    /// The source that local writes are written as.
    public var source: Source { gossip.source }

    /// How many retained own updates no open connection was given yet.
    ///
    /// - Complexity: O(sources + r) for r of them.
    public var pendingOwnCount: Int {
        guard let newest = own.newest, gossip.ownWritten.map({ $0 < newest }) ?? true else {
            return 0
        }
        var known = VersionVector()
        for entry in gossip.vector.entries where entry.source != gossip.source {
            known.advance(entry.source, to: entry.timestamp)
        }
        if let written = gossip.ownWritten { known.advance(gossip.source, to: written) }
        return current.history(since: known).count
    }

    /// Tells the value what time it is; a driver calls it before writes, arrivals and pulls.
    ///
    /// - Parameter milliseconds: The wall clock, in milliseconds since 1970.
    public mutating func advance(
        wallClock milliseconds: Double, changes: inout [Value.Change]?
    ) {
        wallClock = milliseconds
        current.advance(wallClock: milliseconds, changes: &changes)
    }

    // MARK: Local writes

    /// Stamps a local write and applies it.
    ///
    /// It goes to peers only after ``commit(_:into:)``.
    ///
    /// - Parameters:
    ///   - milliseconds: The wall clock, in milliseconds since 1970.
    ///   - changes: What changed is appended to it, unless it is `nil`.
    /// - Throws: ``ReplicaError``, and nothing has changed: other peers would refuse the payload,
    ///   the value does, ``sizeLimit`` is reached, or no timestamp is left.
    public mutating func write(
        _ payload: Payload, wallClock milliseconds: Double, changes: inout [Value.Change]?
    ) throws(ReplicaError) -> Update {
        try gossip.wire.check(own: payload)
        var advanced = generator
        guard let timestamp = advanced.next(wallClock: milliseconds) else {
            throw ReplicaError(.noTimestampLeft, "no timestamp is left for this source")
        }
        let update = Update(payload: payload, timestamp: timestamp, source: gossip.source)
        switch apply(update, changes: &changes) {
        case .applied: break
        case .refused(let message): throw ReplicaError(.refused, message)
        case .tooLarge: throw ReplicaError(.sizeLimit, sizeLimitMessage)
        }
        generator = advanced
        own.wrote(timestamp)
        return update
    }

    /// Stamps a local write and applies it while nobody listens.
    ///
    /// - Returns: `nil` where the form that throws would.
    public mutating func write(_ payload: Payload, wallClock milliseconds: Double) -> Update? {
        var changes: [Value.Change]?
        return try? write(payload, wallClock: milliseconds, changes: &changes)
    }

    /// Lets an own update go to the peers, in the order of writing; it has been saved, or need not
    /// be.
    ///
    /// Where a peer has older updates of ours that we lack, it waits for these; see
    /// ``ReplicaEffects/timers``.
    public mutating func commit(_ update: Update, into effects: inout Effects) {
        own.committed(update.timestamp)
        guard own.isIdle else {
            own.held.append(update)
            return settleOwn(into: &effects)
        }
        gossip.accept(update)
    }

    /// Lets an own update go to the peers, for a host that does not save.
    public mutating func commit(_ update: Update) {
        var effects = Effects(describesChanges: false)
        commit(update, into: &effects)
    }

    /// Takes back what was saved in an earlier life; call it before any session is opened.
    ///
    /// - Returns: Whether the value took it. One that it refuses is remembered as used, so that
    ///   its stamp is not given to another.
    @discardableResult
    public mutating func restore(_ update: Update) -> Bool {
        guard !gossip.covers(update.stamp) else { return true }
        let result = current.apply(update)
        gossip.restore(update.stamp)
        observe(update.stamp)
        return result == .applied
    }

    // MARK: Sessions

    /// Begins a session for a connection that was just opened.
    public mutating func open(_ options: SessionOptions = SessionOptions()) -> PeerID {
        gossip.open(options)
    }

    /// Ends a session.
    public mutating func close(_ peer: PeerID, into effects: inout Effects) {
        gossip.close(peer)
        endOwnClaim(of: peer, into: &effects)
    }

    /// Ends a session, for a host that does not save.
    public mutating func close(_ peer: PeerID) {
        var effects = Effects(describesChanges: false)
        close(peer, into: &effects)
    }

    /// Takes one message of a peer.
    public mutating func receive(
        _ message: Message, from peer: PeerID, into effects: inout Effects
    ) {
        switch gossip.receive(message, from: peer) {
        case .nothing:
            break
        case .digest(let claimed):
            if let claimed { note(claimed: claimed, by: peer, into: &effects) }
        case .sync(let isFirst):
            endOwnClaim(of: peer, into: &effects)
            if isFirst { effects.reports.append(.historyReceived(peer)) }
            if gossip.becameSynced(peer) { effects.reports.append(.synced(peer)) }
        case .update(let update):
            judge(update, from: peer, into: &effects)
        }
    }

    /// Takes one message of a peer while nobody listens.
    public mutating func receive(_ message: Message, from peer: PeerID) -> Effects {
        var effects = Effects(describesChanges: false)
        receive(message, from: peer, into: &effects)
        return effects
    }

    /// The next lines for a peer whose connection has room; `nil` when there is nothing to send.
    public mutating func pull(_ peer: PeerID, limit: DeltaLimit) -> (Outgoing, [Report])? {
        let unsettled = hasUnsettledOwn ? own.newest : nil
        guard
            let outgoing = gossip.pull(peer, from: current, limit: limit, unsettled: unsettled)
        else { return nil }
        return (outgoing, gossip.becameSynced(peer) ? [.synced(peer)] : [])
    }

    // MARK: Judging

    mutating func judge(
        _ update: Update, from peer: PeerID?, into effects: inout Effects
    ) {
        let stamp = update.stamp
        guard gossip.hasRoom(for: stamp.source) else {
            let refusal = Refusal(
                .source, "there are too many sources to take another", stamp: stamp)
            return effects.reports.append(.refused(refusal, peer))
        }
        if gossip.covers(stamp) { return effects.reports.append(.stale(stamp)) }
        if stamp.source == gossip.source {
            if stamp.timestamp > .clockCeiling {
                let refusal = Refusal(
                    .forgedOwn, "an unknown update in our own name above the clock ceiling",
                    stamp: stamp)
                return effects.reports.append(.refused(refusal, peer))
            }
            // Ours are applied already, and the value takes each source in ascending order.
            if hasUnsettledOwn { return keep(home: update, from: peer, into: &effects) }
        }
        switch apply(update, changes: &effects.changes) {
        case .applied:
            accept(update, into: &effects)
            if !own.claims.isEmpty, stamp.source == gossip.source { settleOwn(into: &effects) }
        case .refused(let message):
            effects.reports.append(.refused(Refusal(.value, message, stamp: stamp), peer))
        case .tooLarge:
            guard let peer else { return }
            cutOff(peer, SessionError(.sizeLimit, sizeLimitMessage), into: &effects)
        }
    }

    mutating func accept(_ update: Update, into effects: inout Effects) {
        observe(update.stamp)
        gossip.accept(update)
        effects.accepted.append(update)
        effects.wakesAll = true
    }

    /// Ends a session for a fault; what it would have brought is asked for again on the next one.
    mutating func cutOff(
        _ peer: PeerID, _ error: SessionError, into effects: inout Effects
    ) {
        effects.closings.append((peer, error))
        close(peer, into: &effects)
    }

    enum Outcome {
        case applied
        case refused(String)
        case tooLarge
    }

    mutating func apply(_ update: Update, changes: inout [Value.Change]?) -> Outcome {
        let before = current.retainedByteCount
        if before + update.byteCount > sizeLimit {
            // It may replace what is larger; that shows only when it is done.
            var copy = current
            var news: [Value.Change]? = changes == nil ? nil : []
            if case .refused(let message) = copy.apply(update, changes: &news) {
                return .refused(message)
            }
            let after = copy.retainedByteCount
            guard after <= sizeLimit || after <= before else { return .tooLarge }
            current = copy
            if let news { changes?.append(contentsOf: news) }
            return .applied
        }
        switch current.apply(update, changes: &changes) {
        case .applied: return .applied
        case .refused(let message): return .refused(message)
        }
    }

    private var sizeLimitMessage: String {
        "the replica holds \(current.retainedByteCount) bytes of at most \(sizeLimit)"
    }

    mutating func observe(_ stamp: Stamp) {
        if stamp.source == gossip.source {
            generator.recover(own: stamp.timestamp)
            own.newest = max(own.newest ?? stamp.timestamp, stamp.timestamp)
        } else {
            generator.observe(stamp.timestamp)
        }
    }
}

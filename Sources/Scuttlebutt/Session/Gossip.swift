// SPDX-License-Identifier: MIT

/// The sessions of one replica and what they share: the version vector, and the recent updates,
/// each encoded once for all sessions.
///
/// Invariant: *a peer is sent an update only if our vector covers it, and each source's updates in
/// ascending order without gaps.* A peer can therefore trust our digest, and a peer whose
/// connection breaks midway has a prefix.
public struct Gossip: Sendable {
    /// The source under which this replica writes.
    public let source: Source
    /// The dialect of the wire in which updates are exchanged.
    public let wire: ClassicWire
    /// The newest timestamp accepted from each source.
    ///
    /// - Complexity: O(sources). For a single source, use ``covers(_:)`` or ``newestOwn``.
    public var vector: VersionVector {
        var vector = foreign
        if let newestOwn { vector.advance(source, to: newestOwn) }
        return vector
    }
    /// The timestamp of the newest own update that was accepted.
    ///
    /// It is kept apart from ``foreign``, because looking it up would dominate a local dispatch.
    public private(set) var newestOwn: Timestamp?
    /// The newest timestamp accepted from each other source.
    public private(set) var foreign = VersionVector()
    /// Whether some peer may have got an own update from us, in this life or an earlier one.
    ///
    /// While it is false, whoever claims to have one has it from somebody else who uses our name.
    private(set) var hasLeft = false
    /// The number of sources from which something was accepted.
    public var sourceCount: Int { foreign.count + (newestOwn == nil ? 0 : 1) }
    private var headerByteCount = 0
    var sessions = SessionTable()
    private var lastPeer = 0
    var recent = RecentUpdates()
    var historyBlocks = HistoryBlocks()
    var setAside: [Stamp] = []
    /// What is sent to nobody; see `Gossip+LeavingOut.swift`.
    var omissions = Omissions()
    /// Sources of others whose updates nobody else brings.
    var adopted: [Source] = []
    /// Updates of others that some peer does not take: from them on a source is withheld from those
    /// who lack them.
    var withheld = Omissions()
    /// What sessions need from the storage, until the driver is told.
    var requests: [StoredRange] = []
    /// Whether a session has read from the storage since there was none at all.
    var readsStorage = false
    /// Who is here, as far as is known.
    public internal(set) var presence: PresenceTable
    /// The timestamp of the newest own update that some peer is known to have.
    ///
    /// A peer's header, its answer to a probe, or the update coming back from it says so. From a
    /// peer that answers no probes, sending must do. Each header resets it to what the peers claim.
    public internal(set) var ownConfirmed: Timestamp?

    /// Creates a gossip with no accepted updates and no sessions.
    public init(source: Source, wire: ClassicWire) {
        self.source = source
        self.wire = wire
        presence = PresenceTable(own: source)
    }

    /// The open sessions, oldest first.
    public var peers: [PeerID] { sessions.openPeers }

    /// Whether this session is open.
    public func isOpen(_ peer: PeerID) -> Bool { sessions.isOpen(peer) }

    /// The number of open sessions.
    public var peerCount: Int { sessions.count }

    /// Opens a session for a new connection.
    public mutating func open(_ options: SessionOptions = SessionOptions()) -> PeerID {
        lastPeer += 1
        let peer = PeerID(number: lastPeer)
        sessions.append(peer, Session(options: options))
        return peer
    }

    /// Closes a session; whatever still arrives for it is ignored.
    public mutating func close(_ peer: PeerID) {
        sessions.remove(peer)
        guard sessions.isEmpty else { return }
        recent.clear()
        readsStorage = false
        historyBlocks.clear()
    }

    /// The result of receiving a message.
    public enum Reception: Hashable, Sendable {
        /// There is nothing to do: the session is closed or accepts no updates.
        case nothing
        /// An update for the replica to judge.
        case update(Update)
        /// There is something to send to this peer now.
        ///
        /// `claimed` is the newest of our own updates that the peer says it has, `highest` the
        /// highest timestamp of any other source up to the clock ceiling.
        case digest(claimed: Timestamp?, highest: Timestamp?)
        /// The peer has sent its whole history, for the first time (`isFirst`) or again.
        case sync(isFirst: Bool)
        /// The peer has refused this own update.
        case refusal(Stamp)
        /// There may be a probe, or the answer to one, to send to this peer now.
        case probe
        /// News of who is here, which was taken if `excess` is 0.
        ///
        /// Otherwise it is the news of this second with that number, counted from the first that
        /// was too much, and was dropped.
        case presence(excess: Int)
    }

    /// Receives one message from a peer.
    public mutating func receive(_ message: Message, from peer: PeerID) -> Reception {
        switch message {
        case .digest(let digest):
            let isOpen: Void? = sessions.withMutableSession(peer) {
                $0.receive(digest: digest, own: source)
            }
            guard isOpen != nil else { return .nothing }
            ownConfirmed = nil
            if let newest = newestOwn {
                // A claim above our newest update says nothing about updates not yet written.
                ownConfirmed = sessions.newestConfirmed.map { min($0, newest) }
            }
            return .digest(
                claimed: digest.vector[source], highest: digest.vector.highest(besides: source))
        case .sync:
            guard let isFirst = sessions.withMutableSession(peer, { $0.receiveSync() }) else {
                return .nothing
            }
            noteConfirmed(by: peer)
            return .sync(isFirst: isFirst)
        case .refusal(let stamp):
            // Only own updates can be written again in another form; a relay passes nothing on.
            let isOurs = brings(stamp.source) && covers(stamp)
            return isOpen(peer) && isOurs ? .refusal(stamp) : .nothing
        case .probe:
            let isOpen: Void? = sessions.withMutableSession(peer) { $0.receiveProbe() }
            return isOpen == nil ? .nothing : .probe
        case .probeAnswer:
            let isOpen: Void? = sessions.withMutableSession(peer) { $0.receiveProbeAnswer() }
            guard isOpen != nil else { return .nothing }
            noteConfirmed(by: peer)
            // Something that was sent meanwhile may wait to be confirmed.
            return .probe
        case .update(let update):
            let isAdmitted = sessions.withMutableSession(peer) {
                $0.admit(update, own: source, newestOwn: newestOwn)
            }
            if let newestOwn, update.timestamp <= newestOwn, update.source == source {
                noteConfirmed(by: peer)
            }
            return isAdmitted == true ? .update(update) : .nothing
        case .presence(let news):
            return receive(news, from: peer)
        }
    }

    private mutating func noteConfirmed(by peer: PeerID) {
        guard let newest = newestOwn,
            let confirmed = sessions.withSession(peer, { $0.probes.confirmed }) ?? nil
        else { return }
        let known = min(confirmed, newest)
        ownConfirmed = max(ownConfirmed ?? known, known)
    }

    /// Notes that an update of a peer was refused.
    ///
    /// - Returns: Whether the peer will be told with the next lines, because it asks for it.
    mutating func noteRefused(_ stamp: Stamp, from peer: PeerID) -> Bool {
        sessions.withMutableSession(peer) { $0.noteRefused(stamp) } ?? false
    }

    /// The own updates that were not sent to a peer since the last call, because they are too long
    /// for it.
    mutating func takeSetAside() -> [Stamp] {
        guard !setAside.isEmpty else { return [] }
        defer { setAside = [] }
        return setAside
    }

    /// Asks a peer for a sign of life with the next lines, unless an answer is already awaited.
    ///
    /// - Returns: Whether this peer has to say something: it is known to answer probes, or it has
    ///   not answered our header yet.
    public mutating func requestProbe(of peer: PeerID) -> Bool {
        sessions.withMutableSession(peer) { session in
            session.requestProbe()
            return session.isExpectedToSpeak
        } ?? false
    }

    /// Whether the peer has sent its whole history.
    public func hasReceivedSync(from peer: PeerID) -> Bool {
        sessions.withSession(peer) { $0.hasReceivedSync } ?? true
    }

    /// Records an accepted update, to be claimed in digests and sent to every peer that lacks it,
    /// but not back to those that sent it.
    ///
    /// The caller must already have stored it where ``Replicated/delta(since:limit:)`` finds it.
    public mutating func accept(_ update: Update) {
        advance(update.stamp)
        guard !sessions.isEmpty else { return }
        if readsStorage { sessions.forEachStored { $0.note(accepted: update) } }
        // A client has one peer, which usually sent the update: nobody else needs it.
        if sessions.count == 1, sessions.allSatisfy({ $0.known.covers(update.stamp) }) { return }
        recent.append(update)
    }

    /// Records an own update that nobody is there to be sent.
    @inline(__always)
    mutating func acceptOwn(_ timestamp: Timestamp) {
        newestOwn = max(newestOwn ?? timestamp, timestamp)
    }

    /// Records an update from a saved log, accepted before the last restart.
    public mutating func restore(_ stamp: Stamp) {
        if stamp.source == source { hasLeft = true }
        advance(stamp)
    }

    /// Returns whether this update, or a later one from its source, was accepted.
    ///
    /// - Complexity: O(1).
    public func covers(_ stamp: Stamp) -> Bool {
        guard stamp.source == source else { return foreign.covers(stamp) }
        return newestOwn.map { $0 >= stamp.timestamp } ?? false
    }

    private mutating func advance(_ stamp: Stamp) {
        if stamp.source == source {
            acceptOwn(stamp.timestamp)
        } else {
            let count = foreign.count
            foreign.advance(stamp.source, to: stamp.timestamp)
            if foreign.count > count { headerByteCount += Gossip.headerCost(of: stamp.source) }
        }
    }

    /// Returns whether an update from this source may be accepted.
    ///
    /// A new source must still fit into our header; otherwise no peer could complete a handshake
    /// with us any more.
    public func hasRoom(for source: Source) -> Bool {
        if source == self.source || foreign[source] != nil { return true }
        return foreign.count + 1 < ClassicWire.maximumSources
            && headerByteCount + Gossip.headerCost(of: source) <= Gossip.maximumHeaderByteCount
    }

    /// The limit to which others can grow our header, measured as a Primus frame: 8 MiB.
    ///
    /// It leaves room for our own id and a meta below the longest line.
    static let maximumHeaderByteCount = 8 << 20

    /// An upper bound on the bytes that a source takes in a header, as a Primus frame: each byte of
    /// its name may be escaped twice, and a timestamp has at most 25 characters.
    private static func headerCost(of source: Source) -> Int {
        var cost = source.utf8.count + 32
        for byte in source.utf8 {
            if byte < 0x20 { cost += 6 } else if byte == 0x22 || byte == 0x5C { cost += 3 }
        }
        return cost
    }

    /// Returns whether both sides of this session are now in sync; true only once per session.
    public mutating func takeSyncedNotice(_ peer: PeerID) -> Bool {
        sessions.withMutableSession(peer) { $0.takeSyncedNotice() } ?? false
    }

    /// Returns the next lines for a peer whose connection has room.
    ///
    /// - Parameters:
    ///   - peer: Whose lines.
    ///   - value: The value that holds the updates.
    ///   - limit: The most to return at once.
    ///   - unsettled: The newest own update in the value that must not be sent yet.
    /// - Returns: `nil` if there is nothing to send now.
    public mutating func pull<Value: Replicated>(
        _ peer: PeerID, from value: Value, limit: DeltaLimit, unsettled: Timestamp? = nil
    ) -> Outgoing? {
        // Drivers pull until they get nil; this makes the last call cheap.
        guard hasWork(for: peer) else { return nil }
        // The table is moved out, because filling a session's block also changes `self`.
        var table = SessionTable()
        swap(&table, &sessions)
        defer { swap(&table, &sessions) }
        return table.withMutableSession(peer) { session in
            defer {
                if let request = session.stored.request {
                    session.stored.request = nil
                    readsStorage = true
                    requests.append(
                        StoredRange(
                            peer: peer, after: request.after, generation: request.generation))
                }
            }
            if let outgoing = pull(&session, of: peer, value, limit, unsettled) { return outgoing }
            // What was left out may have made a probe due, after which nobody would pull again.
            var block = WireBlock()
            session.appendProbes(wire, limit: limit, to: &block)
            return block.isEmpty ? nil : Outgoing(block)
        } ?? nil
    }

    private mutating func pull<Value: Replicated>(
        _ session: inout Session, of peer: PeerID, _ value: Value, _ limit: DeltaLimit,
        _ unsettled: Timestamp?
    ) -> Outgoing? {
        var block = WireBlock()
        session.appendProbes(wire, limit: limit, to: &block)
        // By themselves, so that the updates after them can still be shared with other peers.
        if !block.isEmpty, !session.owesHeader { return Outgoing(block) }
        appendPresence(&session, of: peer, to: &block)
        if !block.isEmpty, !session.owesHeader { return Outgoing(block) }
        if session.owesHeader {
            wire.append(
                Digest(source: source, vector: vector, meta: session.options.meta),
                form: session.options.headerForm ?? .upstream, to: &block)
            session.markHeaderSent()
        }
        switch session.sending {
        case .awaitingDigest, .ended:
            return block.isEmpty ? nil : Outgoing(block)
        case .history:
            guard let end = appendHistory(&session, value, limit, unsettled, &block) else {
                return block.isEmpty ? nil : Outgoing(block)
            }
            for _ in 0..<session.markHistorySent(cursor: end) { wire.appendSync(to: &block) }
            return Outgoing(block, finishes: session.sending == .ended)
        case .live:
            return pullLive(&session, value, limit, unsettled, &block)
        }
    }

    mutating func write(_ stamp: Stamp, _ session: inout Session) {
        session.markSent(stamp)
        guard stamp.source == source else {
            if session.options.confirmsRelayed { session.markSentRelayed() }
            return
        }
        hasLeft = true
        session.markSent(own: stamp.timestamp)
        if let confirmed = session.probes.confirmed, ownConfirmed.map({ $0 < confirmed }) ?? true {
            ownConfirmed = confirmed
        }
    }

    private mutating func pullLive<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ unsettled: Timestamp?,
        _ block: inout WireBlock
    ) -> Outgoing? {
        guard let cursor = session.cursor, cursor >= recent.start else {
            // The peer fell behind the recent updates: catch up from the log, then continue live.
            let end = appendHistory(&session, value, limit, unsettled, &block)
            if let end { session.cursor = end }
            guard block.isEmpty else { return Outgoing(block) }
            guard let end, end < recent.end else { return nil }
            return pullLive(&session, value, limit, unsettled, &block)
        }
        var position = cursor
        // The peer may already have a whole stretch, often because it sent it: try the next one.
        while position < recent.end {
            let stretch = position..<recent.end(from: position, limit: limit)
            position = stretch.upperBound
            session.cursor = position
            let lacking = stretch.count { !session.known.covers(recent.stamp($0)) }
            guard lacking > 0 else { continue }
            // All peers that lack a whole stretch share one encoding of it.
            let limit = session.options.longestLine
            let isShared =
                lacking == stretch.count && block.isEmpty && limit == nil && sendsAll
            for place in stretch where !session.known.covers(recent.stamp(place)) {
                if !mayWrite(recent.stamp(place), &session) { continue }
                if let limit, recent.lineByteCount(place) > limit {
                    leaveOut(recent.stamp(place), &session)
                    continue
                }
                if !isShared { recent.append(place, to: &block) }
                write(recent.stamp(place), &session)
            }
            if !isShared, block.isEmpty { continue }
            return isShared ? Outgoing(shared: stretch) : Outgoing(block)
        }
        return block.isEmpty ? nil : Outgoing(block)
    }

    /// Returns whether a pull for this peer may find something.
    public func hasWork(for peer: PeerID) -> Bool {
        sessions.withSession(peer) { session in
            if session.owesHeader { return true }
            if session.probes.isDue, session.sending != .ended { return true }
            if session.isPresenceDue(in: presence) { return true }
            if session.stored.isReading { return session.stored.request != nil }
            switch session.sending {
            case .awaitingDigest, .ended: return false
            case .history: return session.unsettledHistory.map { isSettled($0) } ?? true
            case .live: return session.cursor.map { $0 < recent.end } ?? true
            }
        } ?? false
    }

    /// Returns the lines of a stretch that ``pull(_:from:limit:unsettled:)`` marked as shared.
    ///
    /// Call it right after the pull, before anything else changes.
    ///
    /// - Returns: `nil` if the stretch has been dropped since.
    public func sharedBlock(_ range: Range<Int>) -> WireBlock? {
        guard range.lowerBound >= recent.start, range.upperBound <= recent.end else { return nil }
        return recent.block(range)
    }
}

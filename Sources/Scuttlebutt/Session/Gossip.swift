// SPDX-License-Identifier: MIT

/// Names one session of a replica; never used twice.
public struct PeerID: Hashable, Comparable, Sendable {
    /// Counts the sessions of a replica from 1.
    public let number: Int

    /// Orders by age.
    public static func < (left: PeerID, right: PeerID) -> Bool { left.number < right.number }
}

/// The sessions of one replica and what they share: what we have, and the recent updates, encoded
/// once for everybody.
///
/// The invariant of everything here: *a peer is sent an update only if our vector covers it, and
/// for each source in ascending order without gaps.* So a peer that believes our digest is right,
/// and one that loses the connection in the middle has a prefix.
public struct Gossip: Sendable {
    /// The source that this replica writes as.
    public let source: Source
    /// Which dialect of the wire updates are exchanged in.
    public let wire: ClassicWire
    /// What was accepted here, per source.
    ///
    /// - Complexity: O(sources); ask ``covers(_:)`` or ``newestOwn`` for one of them.
    public var vector: VersionVector {
        var vector = foreign
        if let newestOwn { vector.advance(source, to: newestOwn) }
        return vector
    }
    /// The newest own update that was accepted.
    ///
    /// It stands apart from the others, for a local dispatch would else spend a good part of its
    /// time on looking itself up.
    public private(set) var newestOwn: Timestamp?
    /// What was accepted here of other sources.
    public private(set) var foreign = VersionVector()
    /// How many sources something was accepted of.
    public var sourceCount: Int { foreign.count + (newestOwn == nil ? 0 : 1) }
    private var headerByteCount = 0
    private var sessions = SessionTable()
    private var lastPeer = 0
    private var recent = RecentUpdates()
    /// The newest own update that some connection was given, as far as is known: raised by writing,
    /// and told anew by each header, which may lack what a broken connection lost.
    public private(set) var ownWritten: Timestamp?

    /// Makes a gossip with nothing accepted and nobody connected.
    public init(source: Source, wire: ClassicWire) {
        self.source = source
        self.wire = wire
    }

    /// The open sessions, oldest first.
    public var peers: [PeerID] { sessions.openPeers }

    /// Whether this session is open.
    public func isOpen(_ peer: PeerID) -> Bool { sessions.isOpen(peer) }

    /// How many sessions are open.
    public var peerCount: Int { sessions.count }

    /// Begins a session for a connection that was just opened.
    public mutating func open(_ options: SessionOptions = SessionOptions()) -> PeerID {
        lastPeer += 1
        let peer = PeerID(number: lastPeer)
        sessions.append(peer, Session(options: options))
        return peer
    }

    /// Ends a session; whatever still arrives for it is ignored.
    public mutating func close(_ peer: PeerID) {
        sessions.remove(peer)
        if sessions.isEmpty { recent.clear() }
    }

    /// What became of a message.
    public enum Reception: Hashable, Sendable {
        /// Nothing is to be done: the session is closed, or takes no updates.
        case nothing
        /// An update for the replica to judge.
        case update(Update)
        /// There is something to send to this peer now. `claimed` is what the peer says it has of
        /// our own updates.
        case digest(claimed: Timestamp?)
        /// The peer's history is here, for the first time (`isFirst`) or again.
        case sync(isFirst: Bool)
    }

    /// Takes one message of a peer.
    public mutating func receive(_ message: Message, from peer: PeerID) -> Reception {
        switch message {
        case .digest(let digest):
            let isOpen: Void? = sessions.change(peer) { $0.receive(digest: digest, own: source) }
            guard isOpen != nil else { return .nothing }
            ownWritten = nil
            if let newest = newestOwn {
                // A claim beyond what we have says nothing of updates that are yet to be written.
                ownWritten = sessions.newestKnown(of: source).map { min($0, newest) }
            }
            return .digest(claimed: digest.clock[source])
        case .sync:
            guard let isFirst = sessions.change(peer, { $0.receiveSync() }) else { return .nothing }
            return .sync(isFirst: isFirst)
        case .update(let update):
            let takes = sessions.change(peer) {
                $0.takes(update, own: source, newestOwn: newestOwn)
            }
            return takes == true ? .update(update) : .nothing
        }
    }

    /// Whether all of the peer's history is here.
    public func hasReceivedSync(from peer: PeerID) -> Bool {
        sessions.look(peer) { $0.hasReceivedSync } ?? true
    }

    /// Records that an update was accepted: it is claimed in digests and goes to every peer that
    /// lacks it, but not back to those that sent it.
    ///
    /// The caller has put it where ``Replicated/delta(since:limit:)`` finds it.
    public mutating func accept(_ update: Update) {
        advance(update.stamp)
        guard !sessions.isEmpty else { return }
        // A client's one peer is mostly where the update came from: nobody is left to tell.
        if sessions.count == 1, sessions.allSatisfy({ $0.known.covers(update.stamp) }) { return }
        recent.append(update)
    }

    /// Records an update that was accepted in an earlier life, from a saved log.
    public mutating func restore(_ stamp: Stamp) {
        advance(stamp)
    }

    /// Whether this update, or a later one of its source, was accepted here.
    ///
    /// - Complexity: O(1).
    public func covers(_ stamp: Stamp) -> Bool {
        guard stamp.source == source else { return foreign.covers(stamp) }
        return newestOwn.map { $0 >= stamp.timestamp } ?? false
    }

    private mutating func advance(_ stamp: Stamp) {
        if stamp.source == source {
            newestOwn = max(newestOwn ?? stamp.timestamp, stamp.timestamp)
        } else {
            let count = foreign.count
            foreign.advance(stamp.source, to: stamp.timestamp)
            if foreign.count > count { headerByteCount += Gossip.headerCost(of: stamp.source) }
        }
    }

    /// Whether an update of this source may be accepted: a source that is new must still fit into
    /// our header, or nobody could shake hands with us any more.
    public func hasRoom(for source: Source) -> Bool {
        if source == self.source || foreign[source] != nil { return true }
        return foreign.count + 1 < ClassicWire.maximumSources
            && headerByteCount + Gossip.headerCost(of: source) <= Gossip.maximumHeaderByteCount
    }

    /// The longest header that we let others bring about, as a Primus frame: 8 MiB, which leaves
    /// room for the own id and a meta below the longest line.
    static let maximumHeaderByteCount = 8 << 20

    /// What a source costs in a header at the most, as a Primus frame: each byte of its name may be
    /// escaped twice, and a timestamp has 25 characters at the most.
    private static func headerCost(of source: Source) -> Int {
        var cost = source.utf8.count + 32
        for byte in source.utf8 {
            if byte < 0x20 { cost += 6 } else if byte == 0x22 || byte == 0x5C { cost += 3 }
        }
        return cost
    }

    /// Whether both sides of this session have just become level; told once per session.
    public mutating func becameSynced(_ peer: PeerID) -> Bool {
        sessions.change(peer) { $0.becameSynced() } ?? false
    }

    /// The next lines for a peer whose connection has room.
    ///
    /// - Parameters:
    ///   - value: Where the updates are.
    ///   - limit: How much at once.
    ///   - unsettled: The newest own update that is in the value and may not leave yet.
    /// - Returns: `nil` when there is nothing to send now.
    public mutating func pull<Value: Replicated>(
        _ peer: PeerID, from value: Value, limit: DeltaLimit, unsettled: Timestamp? = nil
    ) -> Outgoing? {
        // Who pulls until there is nothing asks once too often each time.
        guard hasWork(for: peer) else { return nil }
        // Writing to a session goes on beside it as well, so the table stands apart meanwhile.
        var table = SessionTable()
        swap(&table, &sessions)
        defer { swap(&table, &sessions) }
        return table.change(peer) { pull(&$0, value, limit, unsettled) } ?? nil
    }

    private mutating func pull<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ unsettled: Timestamp?
    ) -> Outgoing? {
        var block = WireBlock()
        if session.owesHeader {
            wire.append(
                Digest(source: source, clock: vector, meta: session.options.meta),
                form: session.options.headerForm ?? .upstream, to: &block)
            session.headerSent()
        }
        switch session.sending {
        case .awaitingDigest, .ended:
            return block.isEmpty ? nil : Outgoing(block)
        case .history:
            guard let end = appendHistory(&session, value, limit, unsettled, &block) else {
                return block.isEmpty ? nil : Outgoing(block)
            }
            for _ in 0..<session.historySent(cursor: end) { wire.appendSync(to: &block) }
            return Outgoing(block, finishes: session.sending == .ended)
        case .live:
            return pullLive(&session, value, limit, unsettled, &block)
        }
    }

    /// Appends what the peer lacks, up to the limit.
    ///
    /// - Returns: The position in the recent updates from which the rest follows; `nil` when this
    ///   was not all of the history.
    private mutating func appendHistory<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ unsettled: Timestamp?,
        _ block: inout WireBlock
    ) -> Int? {
        if let held = session.held {
            guard isSettled(held) else { return nil }
            session.held = nil
            append(held.updates.filter { !session.known.covers($0.stamp) }, &session, &block)
            if held.end != nil || !block.isEmpty { return held.end }
        }
        var delta = value.delta(since: session.known, limit: limit)
        let isWhole = delta.isEmpty || limit == .unlimited
        if let unsettled, Value.dropsSuperseded, !delta.isEmpty {
            // What our writes superseded is not in it, and must not be skipped before they are
            // safe: the peer would never get it if they were lost.
            var known = session.known
            for update in delta { known.advance(update.source, to: update.timestamp) }
            let isAll = isWhole || value.delta(since: known, limit: DeltaLimit(updates: 1)).isEmpty
            session.held = Session.HeldHistory(
                updates: delta, until: unsettled, end: isAll ? recent.end : nil)
            return nil
        }
        delta.removeAll { !covers($0.stamp) }
        if delta.isEmpty, !isWhole {
            // All of it is still being saved: look behind it for what may be sent.
            var room = limit
            for update in value.history(since: session.known) where covers(update.stamp) {
                guard room.take(update) || delta.isEmpty else { break }
                delta.append(update)
            }
        }
        append(delta, &session, &block)
        // A cut delta is as long as its limit; asking once more costs little and settles it.
        return delta.isEmpty || isWhole ? recent.end : nil
    }

    private mutating func append(
        _ updates: [Update], _ session: inout Session, _ block: inout WireBlock
    ) {
        for update in updates {
            wire.append(update, to: &block)
            write(update.stamp, &session)
        }
    }

    private func isSettled(_ held: Session.HeldHistory) -> Bool {
        newestOwn.map { $0 >= held.until } ?? false
    }

    private mutating func write(_ stamp: Stamp, _ session: inout Session) {
        session.written(stamp)
        if stamp.source == source, ownWritten.map({ $0 < stamp.timestamp }) ?? true {
            ownWritten = stamp.timestamp
        }
    }

    private mutating func pullLive<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ unsettled: Timestamp?,
        _ block: inout WireBlock
    ) -> Outgoing? {
        guard let cursor = session.cursor, cursor >= recent.start else {
            // The peer was too slow for the recent updates: catch up from the log, then go on live.
            let end = appendHistory(&session, value, limit, unsettled, &block)
            if let end { session.cursor = end }
            guard block.isEmpty else { return Outgoing(block) }
            guard let end, end < recent.end else { return nil }
            return pullLive(&session, value, limit, unsettled, &block)
        }
        var position = cursor
        // A stretch that the peer has already (much of it came from there) is no end of the work.
        while position < recent.end {
            let stretch = position..<recent.end(from: position, limit: limit)
            position = stretch.upperBound
            session.cursor = position
            let lacking = stretch.count { !session.known.covers(recent.stamp($0)) }
            guard lacking > 0 else { continue }
            // Everybody who lacks all of a stretch gets one and the same encoding of it.
            let isShared = lacking == stretch.count && block.isEmpty
            for place in stretch where !session.known.covers(recent.stamp(place)) {
                if !isShared { recent.append(place, to: &block) }
                write(recent.stamp(place), &session)
            }
            return isShared ? Outgoing(shared: stretch) : Outgoing(block)
        }
        return block.isEmpty ? nil : Outgoing(block)
    }

    /// Whether a pull for this peer would find something.
    public func hasWork(for peer: PeerID) -> Bool {
        sessions.look(peer) { session in
            if session.owesHeader { return true }
            switch session.sending {
            case .awaitingDigest, .ended: return false
            case .history: return session.held.map { isSettled($0) } ?? true
            case .live: return session.cursor.map { $0 < recent.end } ?? true
            }
        } ?? false
    }

    /// The lines of a stretch that ``pull(_:from:limit:)`` named as shared.
    ///
    /// - Returns: `nil` when the stretch has been dropped meanwhile; ask in the same turn as the
    ///   pull.
    public func sharedBlock(_ range: Range<Int>) -> WireBlock? {
        guard range.lowerBound >= recent.start, range.upperBound <= recent.end else { return nil }
        return recent.block(range)
    }
}

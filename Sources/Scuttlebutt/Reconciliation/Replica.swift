// SPDX-License-Identifier: MIT

/// Hosts one replicated value: stamps local writes, judges what arrives, and gossips with any
/// number of peers.
///
/// A value that does no I/O; a driver feeds it and writes what it asks for.
///
/// - SeeAlso: the `Dispatching` machine of `Rewind`, which does the same for actions, where an
///   update may have to wait for its verification.
public struct Replica<Value: Replicated, Generator: TimestampGenerator>: Sendable {
    /// The replicated value.
    public private(set) var value: Value
    /// The sessions, and what has been accepted.
    public private(set) var gossip: Gossip
    private var generator: Generator

    /// Makes a replica that writes as `gossip.source`.
    public init(_ value: Value, source: Source, wire: ClassicWire, generator: Generator) {
        self.value = value
        self.generator = generator
        gossip = Gossip(source: source, wire: wire)
    }

    /// Stamps a local write and applies it.
    ///
    /// It goes to peers only after ``commit(_:)``, so that a driver can save it first.
    ///
    /// - Parameter milliseconds: The wall clock, in milliseconds since 1970.
    /// - Returns: `nil` when the value refused the payload, or no timestamp is left.
    public mutating func write(_ payload: Payload, wallClock milliseconds: Double) -> Update? {
        var advanced = generator
        guard let timestamp = advanced.next(wallClock: milliseconds) else { return nil }
        let update = Update(payload: payload, timestamp: timestamp, source: gossip.source)
        guard value.apply(update) == .applied else { return nil }
        generator = advanced
        return update
    }

    /// Lets an own update go to the peers; it has been saved, or need not be.
    public mutating func commit(_ update: Update) { gossip.accept(update) }

    /// Takes back what was saved in an earlier life; call it before any session is opened.
    public mutating func restore(_ update: Update) {
        guard !gossip.covers(update.stamp) else { return }
        _ = value.apply(update)
        gossip.restore(update.stamp)
        observe(update.stamp)
    }

    /// Begins a session for a connection that was just opened.
    public mutating func open(_ options: SessionOptions = SessionOptions()) -> PeerID {
        gossip.open(options)
    }

    /// Ends a session.
    public mutating func close(_ peer: PeerID) { gossip.close(peer) }

    /// Takes one message of a peer.
    ///
    /// - Returns: What the application may want to know, and the update if it was accepted (and is
    ///   to be saved).
    public mutating func receive(_ message: Message, from peer: PeerID) -> (
        accepted: Update?, reports: [Report]
    ) {
        switch gossip.receive(message, from: peer) {
        case .nothing:
            return (nil, [])
        case .digest(let claimed):
            return (nil, claimed.flatMap { observe(claimed: $0) }.map { [$0] } ?? [])
        case .sync(let isFirst):
            var reports: [Report] = isFirst ? [.historyReceived(peer)] : []
            if gossip.becameSynced(peer) { reports.append(.synced(peer)) }
            return (nil, reports)
        case .update(let update):
            return receive(update, from: peer)
        }
    }

    private mutating func receive(_ update: Update, from peer: PeerID) -> (Update?, [Report]) {
        let stamp = update.stamp
        guard gossip.hasRoom(for: stamp.source) else {
            let refusal = Refusal(
                .source, "there are too many sources to take another", stamp: stamp)
            return (nil, [.refused(refusal, peer)])
        }
        if gossip.covers(stamp) {
            return (nil, [.stale(stamp)])
        }
        if stamp.source == gossip.source, stamp.timestamp > .clockCeiling {
            let refusal = Refusal(
                .forgedOwn, "an unknown update in our own name above the clock ceiling",
                stamp: stamp)
            return (nil, [.refused(refusal, peer)])
        }
        if case .refused(let message) = value.apply(update) {
            return (nil, [.refused(Refusal(.value, message, stamp: stamp), peer)])
        }
        observe(stamp)
        gossip.accept(update)
        return (update, [])
    }

    /// The next lines for a peer whose connection has room; `nil` when there is nothing to send.
    public mutating func pull(_ peer: PeerID, limit: DeltaLimit) -> (Outgoing, [Report])? {
        guard let outgoing = gossip.pull(peer, from: value, limit: limit) else { return nil }
        return (outgoing, gossip.becameSynced(peer) ? [.synced(peer)] : [])
    }

    private mutating func observe(_ stamp: Stamp) {
        if stamp.source == gossip.source {
            generator.recover(own: stamp.timestamp)
        } else {
            generator.observe(stamp.timestamp)
        }
    }

    private mutating func observe(claimed timestamp: Timestamp) -> Report? {
        if let own = gossip.newestOwn, own >= timestamp { return nil }
        if timestamp <= .clockCeiling { generator.recover(own: timestamp) }
        return .ownUpdatesMissing(claimed: timestamp)
    }
}

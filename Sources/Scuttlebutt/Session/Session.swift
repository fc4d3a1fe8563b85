// SPDX-License-Identifier: MIT

/// One run of the protocol with one peer, over one connection, as a value.
///
/// The two directions are independent: either side may stream before the other's digest arrives.
/// What we send is *pulled*: the driver asks when the connection has room, and the session's memory
/// of what the peer has (``known``) decides. A slow peer thus holds back nothing but itself: its
/// queue is the log.
///
/// A session serves one connection and ends with it; ``Gossip`` owns it and hands out no second
/// use.
struct Session: Sendable {
    /// How far our half of the conversation is.
    enum Sending: Hashable, Sendable {
        /// Nothing but the header can be said before the peer's digest.
        case awaitingDigest
        /// The history that the peer lacks is going out; SYNC follows it.
        case history
        /// SYNC went out; live updates follow as they are accepted.
        case live
        /// Our half has ended; nothing more is sent.
        case ended
    }

    /// Some of the history, as it was when an own write was in it that may not leave yet.
    struct HeldHistory: Sendable {
        let updates: [Update]
        /// The own write without which the updates would have a gap.
        let until: Timestamp
        /// The position in the recent updates that belongs to the end of the history; `nil` when
        /// there is more of that.
        let end: Int?
    }

    let options: SessionOptions
    private(set) var sending: Sending
    /// What the peer has of each source, as far as we know: its digest, what we sent, and what was
    /// accepted from it.
    private(set) var known = VersionVector()
    /// What the peer has shown to have by sending it, which no digest can take back: one that was
    /// written earlier may arrive later.
    private var shown = VersionVector()
    /// Where in the recent updates this session stands; `nil` when it must catch up from the log.
    var cursor: Int?
    /// What goes out when our own writes are safe.
    var held: HeldHistory?
    private(set) var owesHeader: Bool
    private(set) var hasSentSync = false
    private(set) var hasReceivedSync = false
    private var hasReportedSync = false
    /// How many SYNCs go out when the history has: a repeated header is answered by one of its own.
    private var owedSyncs = 0

    init(options: SessionOptions) {
        self.options = options
        owesHeader = options.announces || options.sendsDigestAnyway
        if !options.acceptsUpdates, !options.awaitsDigest {
            sending = .history
            owedSyncs = 1
        } else {
            sending = .awaitingDigest
        }
    }

    /// The peer told what it has.
    ///
    /// A digest is the truth, also one that comes again: its sender asks for what it lacks, even if
    /// that was sent before. What is on its way meanwhile goes twice, which the peer drops as old.
    ///
    /// - Parameter own: Our source. What a peer claims of it above the clock ceiling counts for
    ///   nothing: otherwise one line would hide all our updates from that peer for good.
    mutating func receive(digest: Digest, own: Source) {
        known = digest.clock
        if let claimed = known[own], claimed > .clockCeiling { known.forget(own) }
        known.merge(shown)
        cursor = nil
        held = nil
        guard sending != .ended else { return }
        owedSyncs = min(owedSyncs + 1, Session.maximumOwedSyncs)
        sending = .history
    }

    /// How many SYNCs may wait for the history to drain; more headers than that share one.
    static let maximumOwedSyncs = 16

    /// The peer said that all of its history has been sent.
    ///
    /// - Returns: Whether this is the first time.
    mutating func receiveSync() -> Bool {
        defer { hasReceivedSync = true }
        return !hasReceivedSync
    }

    /// Whether the session takes updates, and notes that the peer has this one.
    ///
    /// Whatever we come to think of it: it must not go back there, not even by way of another peer
    /// that sends it too. A forgery in our own name must hide none that we are yet to write.
    ///
    /// - Parameter newestOwn: Our own newest update.
    mutating func takes(_ update: Update, own source: Source, newestOwn: Timestamp?) -> Bool {
        guard options.acceptsUpdates else { return false }
        let highest = max(newestOwn ?? .clockCeiling, .clockCeiling)
        if update.timestamp <= highest || update.source != source { peerHas(update.stamp) }
        return true
    }

    /// The peer has this update: it sent it, and we accepted it or had it.
    mutating func peerHas(_ stamp: Stamp) {
        known.advance(stamp.source, to: stamp.timestamp)
        shown.advance(stamp.source, to: stamp.timestamp)
    }

    /// This update is being written to the peer.
    mutating func written(_ stamp: Stamp) { known.advance(stamp.source, to: stamp.timestamp) }

    /// The header has been written.
    mutating func headerSent() { owesHeader = false }

    /// The history that the peer lacked has been written.
    ///
    /// - Returns: How many SYNCs to write now.
    mutating func historySent(cursor position: Int) -> Int {
        let syncs = owedSyncs
        owedSyncs = 0
        hasSentSync = true
        cursor = position
        sending = options.tails ? .live : .ended
        return syncs
    }

    /// Whether both sides have all that the other had, told once per session.
    mutating func becameSynced() -> Bool {
        guard hasSentSync, hasReceivedSync, !hasReportedSync else { return false }
        hasReportedSync = true
        return true
    }
}

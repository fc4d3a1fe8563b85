// SPDX-License-Identifier: MIT

/// One run of the protocol with one peer, over one connection, as a value.
///
/// The two directions are independent: either side may stream before the other's digest arrives.
/// What we send is *pulled*: the driver asks when the connection has room, and the session answers
/// from its record of what the peer has (``known``). A slow peer delays only itself, because its
/// queue is the log.
///
/// A session serves one connection and ends with it. It is owned by ``Gossip``, which never reuses
/// it.
struct Session: Sendable {
    /// The state of our half of the conversation.
    enum Sending: Hashable, Sendable {
        /// Only the header may be sent before the peer's digest arrives.
        case awaitingDigest
        /// The history that the peer lacks is being sent; SYNC follows it.
        case history
        /// SYNC was sent; live updates follow as they are accepted.
        case live
        /// Our half has ended; nothing more is sent.
        case ended
    }

    /// A part of the history that waits because it contains an own write that is not saved yet.
    struct UnsettledHistory: Sendable {
        let updates: [Update]
        /// The own write to wait for; without it the updates would have a gap.
        let until: Timestamp
        /// The position in the recent updates that corresponds to the end of the history, or `nil`
        /// if this part does not reach the end.
        let end: Int?
    }

    let options: SessionOptions
    private(set) var sending: Sending
    /// What the peer is known to have from each source: its digest, what we sent, and what it sent.
    private(set) var known = VersionVector()
    /// What the peer has proved to have by sending it.
    ///
    /// No digest can retract this, because a digest written earlier may arrive later.
    private var shown = VersionVector()
    /// The position in the recent updates; `nil` if the session must catch up from the log.
    var cursor: Int?
    /// The part of the history to send once our own writes are saved.
    var unsettledHistory: UnsettledHistory?
    /// What is being read from the storage, because memory lacks a part that the peer needs.
    var stored = StoredProgress()
    /// Where the session is among the blocks of history that peers share; `nil` before the first.
    var historyPosition: HistoryBlocks.Position?
    private(set) var owesHeader: Bool
    private(set) var hasSentSync = false
    private(set) var hasReceivedSync = false
    /// Whether some source is withheld from the peer since its last digest.
    private(set) var hasWithheld = false
    private var hasReportedSync = false
    /// How many SYNCs to send after the history: each header is answered by one.
    private var owedSyncs = 0
    /// What the peer has confirmed of our own updates, and the probes that ask for it.
    private(set) var probes: SessionProbes
    /// How much the peer knows from us about who is here.
    var presence = SessionPresence()

    init(options: SessionOptions) {
        self.options = options
        owesHeader = options.announces || options.sendsDigestAnyway
        // A peer that hears no header need not say SYNC, so its silence would tell us nothing.
        probes = SessionProbes(
            options.probing == .fromStart && !owesHeader ? .ifPeerProbes : options.probing)
        if !options.acceptsUpdates, !options.awaitsDigest {
            sending = .history
            owedSyncs = 1
        } else {
            sending = .awaitingDigest
        }
    }

    /// Receives what the peer has.
    ///
    /// A digest is authoritative, even a repeated one: its sender asks for what it lacks, even if
    /// that was sent before. Updates in flight are then sent twice, and the peer drops the copies
    /// as stale.
    ///
    /// - Parameter own: Our source. A claim to have updates of ours above the clock ceiling is
    ///   ignored; otherwise one line could hide all our updates from that peer forever.
    mutating func receive(digest: Digest, own: Source) {
        known = digest.vector
        if let claimed = known[own], claimed > .clockCeiling { known.forget(own) }
        known.merge(shown)
        hasWithheld = false
        probes.restart(confirmed: known[own])
        cursor = nil
        unsettledHistory = nil
        stored.restart()
        historyPosition = nil
        guard sending != .ended else { return }
        owedSyncs = min(owedSyncs + 1, Session.maximumOwedSyncs)
        sending = .history
    }

    /// The most SYNCs that may wait for the end of the history; further headers share one.
    static let maximumOwedSyncs = 16

    /// Records that the peer has sent its whole history.
    ///
    /// - Returns: Whether this is the first time.
    mutating func receiveSync() -> Bool {
        defer { hasReceivedSync = true }
        probes.noteSync()
        return !hasReceivedSync
    }

    /// Notes that the peer has sent a probe, which is to be answered.
    mutating func receiveProbe() { probes.receiveProbe() }

    /// Notes the answer to our probe: everything sent before it has arrived.
    mutating func receiveProbeAnswer() { probes.receiveAnswer() }

    /// Notes that an update of this peer was refused; returns whether it will be told.
    mutating func noteRefused(_ stamp: Stamp) -> Bool { probes.noteRefused(stamp) }

    /// Whether an update is too long for the peer.
    func isTooLong(_ update: Update) -> Bool {
        guard let limit = options.longestLine else { return false }
        return ClassicWire.lineByteCount(of: update) > limit
    }

    /// Sends nothing more of this source.
    mutating func withhold(_ source: Source) {
        known.advance(source, to: .maximum)
        hasWithheld = true
    }

    /// Asks for a sign of life, unless an answer is already awaited.
    mutating func requestProbe(isUrgent: Bool = false) { probes.request(isUrgent: isUrgent) }

    /// Whether the peer's silence means that it is gone: it answers probes, or it still owes the
    /// SYNC with which every peer answers our header.
    var isExpectedToSpeak: Bool {
        if probes.peerAnswers { return true }
        return !hasReceivedSync && !owesHeader
            && (options.announces || options.sendsDigestAnyway)
    }

    /// Appends the answers and the probe that are due.
    ///
    /// They come before the header and the history: if the peer answers probes, its answer arrives
    /// before its SYNC.
    ///
    /// - Parameter limit: The most refusals and bytes at once; at least one refusal is appended.
    mutating func appendProbes(
        _ wire: ClassicWire, limit: DeltaLimit, to block: inout WireBlock
    ) {
        guard sending != .ended, probes.isDue else { return }
        var count = 0
        while let stamp = probes.takeRefusal() {
            wire.appendRefusal(of: stamp, to: &block)
            count += 1
            // The answer waits for the rest.
            if count >= limit.updates || block.bytes.count >= limit.bytes { return }
        }
        for _ in 0..<probes.takeAnswers() { wire.appendProbeAnswer(to: &block) }
        if probes.takeProbe() { wire.appendProbe(to: &block) }
    }

    /// Returns whether the session accepts updates, and records that the peer has this one.
    ///
    /// The record does not depend on how the update is judged: it must not be sent back, even if it
    /// arrives through another peer as well. A forgery in our own name, though, must not hide
    /// updates that we have yet to write.
    ///
    /// - Parameter newestOwn: The timestamp of our newest own update.
    mutating func admit(_ update: Update, own source: Source, newestOwn: Timestamp?) -> Bool {
        guard options.acceptsUpdates else { return false }
        // The cheap comparison first: most updates are of others.
        if let newestOwn, update.timestamp <= newestOwn, update.source == source {
            probes.confirm(update.timestamp)
        }
        let highest = max(newestOwn ?? .clockCeiling, .clockCeiling)
        if update.timestamp <= highest || update.source != source { peerHas(update.stamp) }
        return true
    }

    /// Records that the peer has this update, because it sent it.
    mutating func peerHas(_ stamp: Stamp) {
        known.advance(stamp.source, to: stamp.timestamp)
        shown.advance(stamp.source, to: stamp.timestamp)
    }

    /// Records that this update is being sent to the peer.
    mutating func markSent(_ stamp: Stamp) { known.advance(stamp.source, to: stamp.timestamp) }

    /// Records that an update of another source is being sent to the peer.
    mutating func markSentRelayed() { probes.noteSentRelayed() }

    /// Records that this own update is being sent to the peer.
    mutating func markSent(own timestamp: Timestamp) { probes.noteSent(timestamp) }

    /// Records that the header was sent.
    mutating func markHeaderSent() { owesHeader = false }

    /// Records that the history that the peer lacked was sent.
    ///
    /// - Returns: The number of SYNCs to send now.
    mutating func markHistorySent(cursor position: Int) -> Int {
        let syncs = owedSyncs
        owedSyncs = 0
        hasSentSync = true
        cursor = position
        // Who falls behind later lacks what nobody else lacks in the same way.
        historyPosition = .apart
        sending = options.tails ? .live : .ended
        return syncs
    }

    /// Returns whether each side has everything that the other had; true only once per session.
    mutating func takeSyncedNotice() -> Bool {
        guard hasSentSync, hasReceivedSync, !hasReportedSync else { return false }
        hasReportedSync = true
        return true
    }
}

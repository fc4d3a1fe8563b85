// SPDX-License-Identifier: MIT

/// What a peer has confirmed of our own updates, and the probes of one session, as a value.
///
/// Invariants: of our probes only those that were requested urgently are unanswered beside another,
/// and `confirmed` never passes what was sent or what the peer itself has claimed or shown.
struct SessionProbes: Sendable {
    /// Whether the peer answers probes.
    private enum Answering: Hashable, Sendable { case unknown, yes, no }

    private let probing: SessionOptions.Probing
    private var answering = Answering.unknown
    private var owedAnswers = 0
    /// Updates of the peer that we refused and have not told it yet.
    private var owedRefusals: [Stamp] = []
    /// How many of them have been told.
    private var firstOwedRefusal = 0
    /// Whether a probe is to be sent although nothing waits to be confirmed.
    private var isRequested: Bool
    /// Our probes that are unanswered, oldest first: what had been sent before each.
    private var unanswered: [Probe] = []
    private struct Probe: Sendable {
        /// The newest own update.
        var sent: Timestamp?
        let count: Int
    }
    /// How many probes may be unanswered: one, and those of waking up.
    private static let unansweredLimit = 4
    /// Whether a probe is requested even if another one is unanswered.
    private var isUrgent = false
    private var sent: Timestamp?
    /// The newest own update that the peer is known to have.
    private(set) var confirmed: Timestamp?
    /// How many updates were sent that are to be confirmed, and how many of them were.
    private(set) var (sentCount, confirmedCount) = (0, 0)
    /// Which of them was the newest of another source; 0 if there was none.
    private var newestRelayed = 0

    /// How many refusals may wait to be told.
    ///
    /// Beyond it nothing is confirmed to the peer any more, so that it brings them again.
    private static let owedRefusalLimit = 65_536
    private var hasForgottenRefusals = false
    /// How many answers may be owed; a peer that asks more often gets fewer.
    private static let owedAnswerLimit = 16

    init(_ probing: SessionOptions.Probing) {
        self.probing = probing
        isRequested = probing == .fromStart
    }

    /// Whether the peer has answered a probe, or has sent one, which says the same.
    var peerAnswers: Bool { answering == .yes }

    /// Whether what was sent counts as confirmed: the peer does not answer, or is not asked.
    private var trustsSending: Bool {
        switch (probing, answering) {
        case (.never, _), (_, .no), (.ifPeerProbes, .unknown): true
        case (.fromStart, .unknown), (_, .yes): false
        }
    }

    // MARK: What happened

    /// Notes what the peer's header says of our own updates; it outweighs what was sent.
    mutating func restart(confirmed claimed: Timestamp?) {
        confirmed = claimed
        sent = nil
        for index in unanswered.indices { unanswered[index].sent = nil }
    }

    mutating func receiveProbe() {
        owedAnswers = min(owedAnswers + 1, Self.owedAnswerLimit)
        if probing != .never { answering = .yes }
    }

    /// Notes that an update of the peer was refused.
    ///
    /// - Returns: Whether the peer will be told.
    mutating func noteRefused(_ stamp: Stamp) -> Bool {
        guard answering == .yes else { return false }
        guard owedRefusals.count < Self.owedRefusalLimit else {
            hasForgottenRefusals = true
            return false
        }
        owedRefusals.append(stamp)
        return true
    }

    mutating func receiveAnswer() {
        guard !unanswered.isEmpty else { return }
        let probe = unanswered.removeFirst()
        answering = .yes
        if let timestamp = probe.sent { confirm(timestamp) }
        confirmedCount = max(confirmedCount, probe.count)
    }

    /// The peer has answered our header: an answer to the probe before that would have come first.
    mutating func noteSync() {
        guard answering == .unknown, probing == .fromStart else { return }
        answering = .no
        if let sent { confirm(sent) }
        confirmedCount = sentCount
    }

    mutating func noteSent(_ timestamp: Timestamp) {
        sent = max(sent ?? timestamp, timestamp)
        sentCount += 1
        guard trustsSending else { return }
        confirm(timestamp)
        confirmedCount = sentCount
    }

    /// Notes that an update of another source was sent that is to be confirmed as well.
    mutating func noteSentRelayed() {
        sentCount += 1
        if trustsSending { confirmedCount = sentCount } else { newestRelayed = sentCount }
    }

    /// The peer has this own update.
    mutating func confirm(_ timestamp: Timestamp) {
        confirmed = max(confirmed ?? timestamp, timestamp)
    }

    // MARK: What to send

    /// An original that dialled us hears nothing but its own protocol.
    ///
    /// - Parameter isUrgent: Whether to ask also if an answer is awaited, which may have been lost.
    mutating func request(isUrgent: Bool = false) {
        guard probing == .fromStart || answering == .yes else { return }
        isRequested = true
        if isUrgent { self.isUrgent = true }
    }

    /// Whether there are answers or a probe to send.
    var isDue: Bool { owedAnswers > 0 || !owedRefusals.isEmpty || isProbeDue }

    /// Returns the next refusal to send; all of them come before an answer.
    mutating func takeRefusal() -> Stamp? {
        guard firstOwedRefusal < owedRefusals.count else { return nil }
        let stamp = owedRefusals[firstOwedRefusal]
        firstOwedRefusal += 1
        if firstOwedRefusal == owedRefusals.count { (owedRefusals, firstOwedRefusal) = ([], 0) }
        return stamp
    }

    private var isProbeDue: Bool {
        guard unanswered.isEmpty else {
            return isRequested && isUrgent && unanswered.count < Self.unansweredLimit
        }
        return isRequested || answering == .yes && hasUnconfirmed
    }

    /// Whether something that was sent is still to be confirmed.
    var hasUnconfirmed: Bool {
        if newestRelayed > confirmedCount { return true }
        guard let sent else { return false }
        return confirmed.map { $0 < sent } ?? true
    }

    /// Whether the peer is known to answer no probes.
    var peerNeverAnswers: Bool { answering == .no }

    /// Returns how many answers to send now.
    mutating func takeAnswers() -> Int {
        defer { owedAnswers = 0 }
        return hasForgottenRefusals ? 0 : owedAnswers
    }

    /// Returns whether to send a probe now.
    mutating func takeProbe() -> Bool {
        guard isProbeDue else { return false }
        (isRequested, isUrgent) = (false, false)
        unanswered.append(Probe(sent: sent, count: sentCount))
        return true
    }
}

// SPDX-License-Identifier: MIT

/// What a peer has confirmed of our own updates, and the probes of one session, as a value.
///
/// Invariants: at most one of our probes is unanswered, and `confirmed` never passes what was sent
/// or what the peer itself has claimed or shown.
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
    /// The newest own update that was sent before the probe that is unanswered.
    private var unanswered: (isOpen: Bool, sent: Timestamp?) = (false, nil)
    private var sent: Timestamp?
    /// The newest own update that the peer is known to have.
    private(set) var confirmed: Timestamp?

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
        unanswered.sent = nil
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
        guard unanswered.isOpen else { return }
        answering = .yes
        if let timestamp = unanswered.sent { confirm(timestamp) }
        unanswered = (false, nil)
    }

    /// The peer has answered our header: an answer to the probe before that would have come first.
    mutating func noteSync() {
        guard answering == .unknown, probing == .fromStart else { return }
        answering = .no
        if let sent { confirm(sent) }
    }

    mutating func noteSent(_ timestamp: Timestamp) {
        sent = max(sent ?? timestamp, timestamp)
        if trustsSending { confirm(timestamp) }
    }

    /// The peer has this own update.
    mutating func confirm(_ timestamp: Timestamp) {
        confirmed = max(confirmed ?? timestamp, timestamp)
    }

    // MARK: What to send

    /// An original that dialled us hears nothing but its own protocol.
    mutating func request() {
        if probing == .fromStart || answering == .yes { isRequested = true }
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
        guard !unanswered.isOpen else { return false }
        if isRequested { return true }
        guard answering == .yes, let sent else { return false }
        return confirmed.map { $0 < sent } ?? true
    }

    /// Returns how many answers to send now.
    mutating func takeAnswers() -> Int {
        defer { owedAnswers = 0 }
        return hasForgottenRefusals ? 0 : owedAnswers
    }

    /// Returns whether to send a probe now.
    mutating func takeProbe() -> Bool {
        guard isProbeDue else { return false }
        isRequested = false
        unanswered = (true, sent)
        return true
    }
}

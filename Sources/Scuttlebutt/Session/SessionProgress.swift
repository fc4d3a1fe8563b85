// SPDX-License-Identifier: MIT

/// Where a session stands, for a driver that shows it to people.
package struct SessionProgress: Sendable {
    /// Whether the peer has said what it has.
    package let hasHeardHeader: Bool
    /// Whether the peer has sent its whole history, and whether we have sent ours.
    package let (hasReceivedSync, hasSentSync): (Bool, Bool)
    /// Whether the peer answers probes, and whether it is known to answer none.
    package let (answers, neverAnswers): (Bool, Bool)
    /// Whether something that was sent is still to be confirmed.
    package let hasUnconfirmed: Bool
    /// Whether a source is withheld from the peer, because it does not take one of its updates.
    package let hasWithheld: Bool
    /// How many updates were sent that are to be confirmed, and how many of them were.
    package let (sentCount, confirmedCount): (Int, Int)

    init(_ session: borrowing Session) {
        hasHeardHeader = session.sending != .awaitingDigest
        (hasReceivedSync, hasSentSync) = (session.hasReceivedSync, session.hasSentSync)
        (answers, neverAnswers) = (session.probes.peerAnswers, session.probes.peerNeverAnswers)
        hasUnconfirmed = session.probes.hasUnconfirmed
        hasWithheld = session.hasWithheld
        (sentCount, confirmedCount) = (session.probes.sentCount, session.probes.confirmedCount)
    }
}

// SPDX-License-Identifier: MIT

/// Something that a replica noticed and that its application may want to know.
public enum Report: Hashable, Sendable {
    /// All of the peer's history is here (told once per session, after history and before live).
    case historyReceived(PeerID)
    /// Both sides have all that the other had (told once per session).
    case synced(PeerID)
    /// An update that was here already came again; it changed nothing.
    case stale(Stamp)
    /// An update broke a rule, or the policy said no.
    case refused(Refusal, PeerID?)
    /// Two different updates carry one stamp: a cloned device, a restored backup, or a forger. The
    /// first is kept.
    case equivocation(Stamp)
    /// A peer has updates of ours that we do not have: a lost store, or a copied identity. Our
    /// clock was raised past them unless the claim was above the clock ceiling.
    case ownUpdatesMissing(claimed: Timestamp)
}

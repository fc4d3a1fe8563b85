// SPDX-License-Identifier: MIT

/// Something that happened to a replica, for status lines, logs and tests.
public enum ReplicaEvent: Hashable, Sendable {
    /// All of this peer's history is here; once per session, after the history and before what
    /// follows live.
    case historyReceived(PeerID)
    /// This peer and we have everything that the other had; once per session.
    case synced(PeerID)
    /// An update arrived that was here already; it changed nothing.
    case stale(Stamp)
    /// An update broke a rule, does not fit the type, or was refused by the verifier; it was not
    /// applied.
    case refused(Refusal, PeerID?)
    /// Two different updates carry one stamp: a cloned device, a restored backup, or a forger. The
    /// first is kept.
    case equivocation(Stamp)
    /// A peer has updates of ours that we do not have, or had some before any left us: a lost
    /// store, or a name that somebody else uses too.
    ///
    /// Our clock was raised past them unless the claim was above the clock ceiling.
    case ownUpdatesMissing(claimed: Timestamp)
    /// This peer does not take an own update: it has refused it, or the line is too long for it.
    ///
    /// Later ones are sent, so it can never follow as it is. The peer's state lacks it.
    case setAside(Stamp, by: PeerID)
    /// A peer's session was ended for what it sent, for instance beyond the size limit.
    case cutOff(PeerID, SessionError)
    /// Saving failed; it is tried again, and nothing unsaved of ours has left.
    case storageFailed(StorageError)
    /// This many events directly before this one were dropped because the reader was too slow.
    case missed(Int)
}

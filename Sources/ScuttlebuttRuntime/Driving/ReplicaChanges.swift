// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What changed in a replica at once, in order.
public struct ReplicaChanges<Change: Sendable>: Sendable, RandomAccessCollection {
    private let changes: [Change]
    /// How many changes directly before these were dropped because the reader was too slow.
    public let missed: Int
    /// Whether the value changed in ways that these changes do not tell: read it anew.
    ///
    /// So it is when some were missed, and when updates came home after a store was lost.
    public let isReset: Bool

    init(_ changes: [Change], missed: Int = 0, isReset: Bool = false) {
        self.changes = changes
        self.missed = missed
        self.isReset = isReset || missed > 0
    }

    /// Zero.
    public var startIndex: Int { 0 }
    /// How many changes there are.
    public var endIndex: Int { changes.count }
    /// The change at a place.
    public subscript(position: Int) -> Change { changes[position] }
}

/// Something that happened to a replica, for status lines, logs and tests.
public enum ReplicaEvent: Hashable, Sendable {
    /// All of this peer's history is here; once per session.
    case historyReceived(PeerID)
    /// This peer and we have all that the other had; once per session.
    case synced(PeerID)
    /// An update came that was here already.
    case stale(Stamp)
    /// An update broke a rule or does not fit the type; it was counted and not applied.
    case invalid(Refusal, PeerID?)
    /// Two different updates carry one stamp; the first is kept.
    case equivocation(Stamp)
    /// A peer has updates of ours that we do not have: a lost store, or a copied identity.
    case ownUpdatesMissing(claimed: Timestamp)
    /// A peer's session was ended for what it sent, for instance beyond the size limit.
    case cutOff(PeerID, SessionError)
    /// Saving failed; it is tried again, and nothing unsaved of ours has left.
    case storageFailed(StorageError)
    /// This many events directly before this one were dropped because the reader was too slow.
    case missed(Int)

    init(_ report: Report) {
        switch report {
        case .historyReceived(let peer): self = .historyReceived(peer)
        case .synced(let peer): self = .synced(peer)
        case .stale(let stamp): self = .stale(stamp)
        case .refused(let refusal, let peer): self = .invalid(refusal, peer)
        case .equivocation(let stamp): self = .equivocation(stamp)
        case .ownUpdatesMissing(let claimed): self = .ownUpdatesMissing(claimed: claimed)
        }
    }
}

/// How a replica stands.
public struct ReplicaStatus: Hashable, Sendable {
    /// How many links are open.
    public let connected: Int
    /// Whether there is a link, and everybody on the other ends has what we have and the reverse.
    public let isSynced: Bool
    /// How many retained own updates no open link was given yet.
    public let pending: Int
    /// How many updates wait to be saved.
    public let unsaved: Int
    /// How many updates were refused since the start.
    public let invalid: Int
    /// How many updates came that were here already.
    public let stale: Int
    /// How many bytes of updates are retained.
    public let byteCount: Int
}

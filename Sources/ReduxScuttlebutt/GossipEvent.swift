// SPDX-License-Identifier: MIT

public import Rewind
public import Scuttlebutt
public import ScuttlebuttRuntime

/// Something that happened to a store's log, for status lines, logs and tests.
public enum GossipEvent: Sendable {
    /// A batch was folded into the state, which may have gone back for it: an optimistic effect
    /// may have vanished.
    case applied(HistoryChange)
    /// All of this peer's history is here; once per session.
    case historyReceived(PeerID)
    /// This peer and we have all that the other had; once per session.
    case synced(PeerID)
    /// An update came that was here already.
    case stale(Stamp)
    /// An update broke a rule, or the policy said no.
    case refused(Refusal, PeerID?)
    /// Two different updates carry one stamp; the first is kept.
    case equivocation(Stamp)
    /// A peer has updates of ours that we do not have: a lost store, or a copied identity.
    case ownUpdatesMissing(claimed: Timestamp)
    /// An action of a type that this build does not know was kept, and skipped by the reducer.
    case unknown(Stamp)
    /// Saving failed; it is tried again, and nothing unsaved of ours has left.
    case storageFailed(StorageError)

    init(_ report: Report) {
        switch report {
        case .historyReceived(let peer): self = .historyReceived(peer)
        case .synced(let peer): self = .synced(peer)
        case .stale(let stamp): self = .stale(stamp)
        case .refused(let refusal, let peer): self = .refused(refusal, peer)
        case .equivocation(let stamp): self = .equivocation(stamp)
        case .ownUpdatesMissing(let claimed): self = .ownUpdatesMissing(claimed: claimed)
        }
    }
}

/// How a store stands with its peers.
public struct GossipStatus: Hashable, Sendable {
    /// How many links are open.
    public let connected: Int
    /// Whether there is a link, and everybody on the other ends has what we have and the reverse.
    public let isSynced: Bool
    /// Own actions that no open link was given yet.
    public let pending: Int
    /// How many sources have written.
    public let sources: Int
    /// How many updates are in the log.
    public let updates: Int
}

/// Why an action was refused before it changed anything, or why the store cannot go on.
public struct GossipFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault; new kinds may be added.
    public struct Code: Hashable, Sendable {
        private let name: String
        private init(_ name: String) { self.name = name }
        /// The action could not be encoded.
        public static let notEncodable = Code("notEncodable")
        /// The encoded action is not an object with a non-empty string `type` and, if any, an
        /// object as `meta`.
        public static let notAnAction = Code("notAnAction")
        /// The encoded action is larger or deeper than peers accept.
        public static let tooLarge = Code("tooLarge")
        /// The signer refused or failed.
        public static let notSigned = Code("notSigned")
        /// The store was closed.
        public static let closed = Code("closed")
        /// A reducer dispatched.
        public static let dispatchInReducer = Code("dispatchInReducer")
    }

    /// What kind of fault it was.
    public let code: Code
    /// One sentence for people.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

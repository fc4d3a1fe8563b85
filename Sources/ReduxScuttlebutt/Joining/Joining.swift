// SPDX-License-Identifier: MIT

/// Whether a store that lacks much takes the state of a peer first and the history afterwards.
///
/// The peer may be wrong, or lie: until the history has come and was folded, nothing proves that
/// the state is the one that it folds to. What is written here meanwhile is kept, and gets its
/// place in any case.
///
/// A store with ``GossipOptions/verify`` takes nobody's state, because it cannot judge the actions
/// in it.
public struct Joining: Hashable, Sendable {
    /// Whom to believe.
    public enum Trust: Hashable, Sendable {
        /// Nobody: the state shows only what was folded here.
        case nobody
        /// Every peer that this store dials, because somebody has named it on purpose.
        case dialledPeers
        /// The peers that this store dials under one of these names, e.g. `wss://example.org/ws`.
        case peers(named: Set<String>)
    }

    /// Whom to believe; by default ``Trust/dialledPeers``.
    public var trust = Trust.dialledPeers
    /// The largest state that is taken, in bytes, with its description; by default 64 MiB.
    public var byteLimit = 64 << 20
    /// How long a transfer may take before the history is fetched in the ordinary way; by default
    /// a minute for each connection.
    ///
    /// It goes on where it was with the next one.
    public var timeLimit = Duration.seconds(60)
    /// How long the peer may be silent meanwhile; by default 10 s.
    public var silenceLimit = Duration.seconds(10)

    /// Creates the default settings.
    public init() {}

    /// Takes nobody's state.
    public static let off: Joining = {
        var joining = Joining()
        joining.trust = .nobody
        return joining
    }()

    /// Whether a dialled peer is believed.
    func trusts(_ name: String) -> Bool {
        switch trust {
        case .nobody: false
        case .dialledPeers: true
        case .peers(let names): names.contains(name)
        }
    }
}

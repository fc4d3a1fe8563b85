// SPDX-License-Identifier: MIT

/// How a replica stands with its peers and its storage.
public struct ReplicaStatus: Hashable, Sendable {
    /// How many links are open.
    public let connected: Int
    /// Whether there is a link, everybody on the other ends has what we have and the reverse, and
    /// nothing is ``pending`` or ``setAside``.
    public let isSynced: Bool
    /// How many retained own updates no peer is known to have, those at the signer included.
    ///
    /// A peer that answers probes confirms what it has received. From any other peer, the update
    /// must have been sent.
    public let pending: Int
    /// How many own updates some peer does not take; see ``/Scuttlebutt/ReplicaEvent``.
    public let setAside: Int
    /// How many updates wait to be saved.
    public let unsaved: Int
    /// How many updates were refused since the start.
    public let refused: Int
    /// How many updates arrived that were here already.
    public let stale: Int
    /// How many sources have written.
    public let sources: Int
    /// How many bytes of updates are retained.
    public let byteCount: Int
}

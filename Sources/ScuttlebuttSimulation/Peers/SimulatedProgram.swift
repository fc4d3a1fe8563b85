// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What the peers of a world run, and what they should show.
public protocol SimulatedProgram: Sendable {
    /// One running peer.
    associatedtype Peer: SimulatedPeer

    /// The rules for writing and reading lines.
    var wire: ClassicWire { get }
    /// Whether a peer retains every update that it accepted.
    ///
    /// If false, as for a type that drops superseded updates, prefixes per source are not checked.
    var retainsEverything: Bool { get }
    /// Whether accepted updates are folded later, instead of showing at once.
    var foldsLater: Bool { get }
    /// Whether peers can verify updates before they accept them, if a script asks for it.
    var canVerify: Bool { get }
    /// Whether the memory of a peer may be only a cache of its disk, if a script asks for it; by
    /// default false, and then everything is in memory.
    var canTrim: Bool { get }
    /// Creates a peer that has seen nothing.
    func peer(_ traits: PeerTraits) -> Peer
    /// Returns the payload for a number, or `nil` if it cannot be encoded.
    ///
    /// - Parameters:
    ///   - number: The same number gives the same payload.
    ///   - isNewer: Whether peers of the old version must not know the action.
    func payload(_ number: UInt64, isNewer: Bool) -> Payload?
    /// Returns what a peer with these entries should show, by an independent and straightforward
    /// fold.
    ///
    /// - Parameters:
    ///   - entries: The entries in agreed order, with local-only ones at their places.
    ///   - isNew: Whether the peer knows the actions of the new version.
    func reference(_ entries: [ReferenceEntry], isNew: Bool) -> Peer.Observed
}

extension SimulatedProgram {
    /// False: everything is in memory.
    public var canTrim: Bool { false }
}

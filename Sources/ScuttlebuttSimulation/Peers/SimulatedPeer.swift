// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One running peer of a simulation: the replica of a real one, without the driver.
///
/// The world does what a driver does: it carries bytes, saves, waits and folds, and obeys the
/// duties that are written on ``Scuttlebutt/ReplicaEffect``.
public protocol SimulatedPeer: Sendable {
    /// What the replica hosts.
    associatedtype Value: Replicated
    /// What of the state is compared between peers, and with the reference.
    associatedtype Observed: Equatable & Sendable

    /// What decides.
    var replica: Replica<Value> { get set }
    /// What this peer writes for a number, where that depends on its state; the default is `nil`,
    /// and the program decides.
    func payload(_ number: UInt64, isNewer: Bool) -> Payload?
    /// Writes an own payload and shows it in the state at once; `nil` when it was refused.
    mutating func write(
        _ payload: Payload, wallClock milliseconds: Double,
        into effects: inout [ReplicaEffect<Value.Change>]
    ) -> Update?
    /// Shows a payload in the state that never leaves this peer; returns whether peers of this kind
    /// can.
    mutating func writeLocally(_ payload: Payload) -> Bool
    /// Shows accepted updates in the state, as one batch with one notification.
    ///
    /// - Returns: How many of them the state had already, which should be none.
    mutating func fold(_ updates: [Update]) -> Int
    /// Learns the actions of the new version.
    mutating func upgrade()
    /// All updates that are retained and may be sent, in agreed order.
    var retained: [Update] { get }
    /// The state, as far as it is compared.
    var observed: Observed { get }
    /// Returns which of its own invariants is broken, if one is; called after every change of the
    /// state, so in O(1).
    func brokenInvariant(foldedCount: Int) -> String?
    /// Returns which promise of its data type is broken, if one is; called when the swarm is at
    /// rest.
    func brokenLaw() -> String?
}

extension SimulatedPeer {
    /// The sessions, and what was released or accepted per source.
    public var gossip: Gossip { replica.gossip }

    /// Leaves it to the program.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? { nil }
    /// Knows of no other promises.
    public func brokenLaw() -> String? { nil }

    /// Returns the next lines for a session, or `nil`.
    mutating func pull(
        _ peer: PeerID, limit: DeltaLimit, into effects: inout [ReplicaEffect<Value.Change>]
    ) -> WireBlock? {
        guard let outgoing = replica.pull(peer, limit: limit, into: &effects) else { return nil }
        return outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block
    }

    /// Takes back what was on the disk, before any session; returns what was new.
    mutating func restore(_ updates: [Update], refusals: [Fingerprint]) -> [Update] {
        replica.restore(refusals: refusals)
        return replica.restore(updates)
    }

    /// Looks at the peer where it stands.
    ///
    /// An optional peer that is looked at in another way is copied first, with everything that its
    /// replica holds.
    mutating func look<Result>(_ body: (borrowing Self) -> Result) -> Result { body(self) }
}

/// How one peer is made.
public struct PeerTraits: Hashable, Sendable {
    /// The source that it writes as.
    public var source: Source
    /// Whether it has a disk, and so saves before it sends.
    public var saves: Bool
    /// Whether updates are verified before they are accepted.
    public var verifies: Bool
    /// Whether it knows the actions of the new version.
    public var isNew: Bool
    /// The sizes of its buffers.
    public var limits: Script.Limits
}

/// What the peers of a world run, and what they ought to show.
public protocol SimulatedProgram: Sendable {
    /// One running peer.
    associatedtype Peer: SimulatedPeer

    /// The rules by which lines are written and read.
    var wire: ClassicWire { get }
    /// Whether a peer gives on every update that it accepted; a type that forgets what was
    /// overwritten does not, and then prefixes per source are not checked.
    var retainsEverything: Bool { get }
    /// Whether accepted updates wait until they are folded, or show at once.
    var foldsLater: Bool { get }
    /// Whether peers verify updates before they accept them, where a script says so.
    var canVerify: Bool { get }
    /// Makes a peer that has seen nothing.
    func peer(_ traits: PeerTraits) -> Peer
    /// The payload that a number stands for; `nil` when it cannot be encoded.
    ///
    /// - Parameter isNewer: Whether peers of the old version must not know the action.
    func payload(_ number: UInt64, isNewer: Bool) -> Payload?
    /// What a peer should show that has these entries: an independent and obvious fold.
    ///
    /// - Parameters:
    ///   - entries: In agreed order, local-only ones at their places.
    ///   - isNew: Whether the peer knows the actions of the new version.
    func reference(_ entries: [ReferenceEntry], isNew: Bool) -> Peer.Observed
}

/// One thing that a peer has folded into its state.
public struct ReferenceEntry: Hashable, Sendable {
    /// The bytes.
    public let payload: Payload
    /// The place in the agreed order; `nil` for what stays local.
    public let stamp: Stamp?
}

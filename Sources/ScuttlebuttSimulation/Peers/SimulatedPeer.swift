// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One running peer of a simulation: the replica of a real peer, without its driver.
///
/// The world takes the part of the driver: it transports bytes, saves, waits and folds, and obeys
/// the duties listed on ``/Scuttlebutt/ReplicaEffect``.
public protocol SimulatedPeer: Sendable {
    /// The value that the replica hosts.
    associatedtype Value: Replicated
    /// The part of the state that is compared between peers and with the reference.
    associatedtype Observed: Equatable & Sendable

    /// The replica that makes the decisions.
    var replica: Replica<Value> { get set }
    /// Returns what this peer writes for a number, if this depends on its state; by default `nil`,
    /// which leaves it to the program.
    func payload(_ number: UInt64, isNewer: Bool) -> Payload?
    /// Writes an own payload and shows it in the state at once; returns `nil` if it is refused.
    mutating func write(
        _ payload: Payload, wallClock milliseconds: Double,
        into effects: inout [ReplicaEffect<Value.Change>]
    ) -> Update?
    /// Shows a payload in the state that never leaves this peer; returns whether peers of this kind
    /// can do this.
    mutating func writeLocally(_ payload: Payload) -> Bool
    /// Shows accepted updates in the state, as one batch with one notification.
    ///
    /// - Returns: The number of updates that the state already had, which should be 0.
    mutating func fold(_ updates: [Update]) -> Int
    /// Makes the actions of the new version known.
    mutating func upgrade()
    /// All retained updates that may be sent, in agreed order.
    var retained: [Update] { get }
    /// The part of the state that is compared.
    var observed: Observed { get }
    /// Returns a broken invariant of the peer, if there is one.
    ///
    /// It is called after every change of the state, so it must take O(1).
    func brokenInvariant(foldedCount: Int) -> String?
    /// Returns a broken promise of the data type, if there is one.
    ///
    /// It is called when the swarm is at rest.
    func brokenLaw() -> String?

    // What follows is asked only of a peer whose ``PeerTraits/memory`` is limited; only a
    // ``StorePeer`` does anything.

    /// Restores what was on the disk, reading it in part: the state from the newest good
    /// checkpoint, and what comes after it.
    mutating func open(_ disk: inout SimulatedDisk, refusals: [Fingerprint])
    /// Drops the oldest part of the log and of the history from memory.
    ///
    /// - Parameters:
    ///   - log: How many updates of the log remain.
    ///   - history: How many entries of the history remain.
    ///   - unsaved: The oldest update of each source that is not durable yet.
    mutating func trim(log: Int, history: Int, unsaved: [Source: Timestamp])
    /// Learns that everything up to this token is durable.
    mutating func noteSaved(_ token: Int)
    /// Whether ``work(on:fails:random:)`` has something to do.
    var hasWork: Bool { get }
    /// Takes one step, with at most one access to the disk, towards folding what came late or
    /// storing a checkpoint.
    ///
    /// - Parameters:
    ///   - disk: The peer's disk.
    ///   - fails: Whether the disk fails to read.
    ///   - random: Decides what the peer is free to decide.
    mutating func work(on disk: inout SimulatedDisk, fails: Bool, random: inout SplitMix64)
    /// Whether the state is that of the folded updates; if not, ``work(on:fails:random:)`` makes it
    /// so.
    func isSettled(foldedCount: Int) -> Bool
    /// Whether an update that comes a second time would be recognised.
    func recognizes(_ stamp: Stamp) -> Bool
    /// Returns how the log in memory or a checkpoint differs from the log on the disk, if it does.
    func brokenTier(_ disk: inout SimulatedDisk, _ reference: ([Update]) -> Observed) -> String?
}

extension SimulatedPeer {
    /// The sessions, and what was released or accepted from each source.
    public var gossip: Gossip { replica.gossip }

    /// Returns `nil`, which leaves it to the program.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? { nil }
    /// Returns `nil`: there are no other promises.
    public func brokenLaw() -> String? { nil }
    /// Does nothing.
    public mutating func open(_ disk: inout SimulatedDisk, refusals: [Fingerprint]) {}
    /// Does nothing.
    public mutating func trim(log: Int, history: Int, unsaved: [Source: Timestamp]) {}
    /// Does nothing.
    public mutating func noteSaved(_ token: Int) {}
    /// False.
    public var hasWork: Bool { false }
    /// Does nothing.
    public mutating func work(
        on disk: inout SimulatedDisk, fails: Bool, random: inout SplitMix64
    ) {}
    /// True.
    public func isSettled(foldedCount: Int) -> Bool { true }
    /// True.
    public func recognizes(_ stamp: Stamp) -> Bool { true }
    /// Returns `nil`.
    public func brokenTier(
        _ disk: inout SimulatedDisk, _ reference: ([Update]) -> Observed
    ) -> String? { nil }

    /// Returns the next lines for a session, or `nil`.
    mutating func pull(
        _ peer: PeerID, limit: DeltaLimit, into effects: inout [ReplicaEffect<Value.Change>]
    ) -> WireBlock? {
        guard let outgoing = replica.pull(peer, limit: limit, into: &effects) else { return nil }
        return outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block
    }

    /// Restores what was on the disk, before any session, and returns what was new.
    mutating func restore(_ updates: [Update], refusals: [Fingerprint]) -> [Update] {
        replica.restore(refusals: refusals)
        return replica.restore(updates)
    }

    /// Calls `body` with the peer in place.
    ///
    /// Reading an optional peer in another way copies it first, with everything in its replica.
    mutating func withPeer<Result>(_ body: (borrowing Self) -> Result) -> Result { body(self) }
}

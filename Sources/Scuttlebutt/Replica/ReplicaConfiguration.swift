// SPDX-License-Identifier: MIT

/// What a ``Replica`` does, and its bounds.
///
/// The defaults are those of the original data types; ``actions`` are those of a store.
public struct ReplicaConfiguration: Hashable, Sendable {
    /// The dialect in which updates are exchanged; default: that of the original data types.
    ///
    /// Peers with other bounds keep other updates, so change them everywhere.
    public var wire = ClassicWire(rules: .upstream)
    /// Where own timestamps come from; default: the wall clock.
    public var timestamps = TimestampGenerator.wallClock
    /// How many bytes of updates may be retained; see ``Replicated/retainedByteCount``.
    ///
    /// Default 1 GiB, which keeps a hostile peer from taking all memory and is far above what
    /// people write. A write beyond it throws. An update of a peer beyond it is not taken and ends
    /// the session: refusing it and going on would leave a gap, while the next session brings it
    /// again in its place. An update that leaves no more than there was is always taken.
    public var sizeLimit = 1 << 30
    /// Whether own payloads are signed before they are stamped; default false.
    public var signs = false
    /// Whether updates of others are verified before they are accepted; default false.
    public var verifies = false
    /// Whether updates are saved, and own ones leave only afterwards; default false.
    public var savesUpdates = false
    /// Whether other processes may send what this one saves, because they share its storage;
    /// default false.
    public var sharesStorage = false
    /// Whether a peer's history is held back until it is complete, so that it is accepted as one
    /// batch; default false.
    public var holdsHistories = false
    /// How many updates of a peer's history are held back before they are accepted: 20,000.
    ///
    /// Raise it for fewer replays of a long history; lower it for an earlier first state.
    public var heldUpdateLimit = 20_000
    /// How long a peer that has not said SYNC must pause before what it sent is accepted: 20 ms.
    ///
    /// A peer that never says SYNC is served too, this much later.
    public var holdPauseMilliseconds = 20
    /// How often in a row that pause is awaited: 25 times, so half a second at most.
    public var holdPauseLimit = 25
    /// How many updates may wait for verification: 65,536.
    ///
    /// The session of a peer that sends more is closed. On its next session it continues where it
    /// was.
    public var pendingVerificationLimit = 65_536
    /// How many refused updates are remembered: 65,536.
    public var refusalLimit = 65_536

    /// Whether the source may have written in an earlier life that is not restored, for instance
    /// under a name that a person chose, in a process without storage; default false.
    ///
    /// Own writes are then refused until a peer's header has said what that peer has of the source.
    /// A second update with the timestamp of an earlier one would be dropped by everybody.
    public var mayHaveWritten = false

    /// Creates the configuration of a data type that neither signs, verifies nor saves.
    public init() {}

    /// The configuration of a store's log: actions by the fork's rules, stamped by a counter, and
    /// histories accepted as one batch.
    public static var actions: ReplicaConfiguration {
        var configuration = ReplicaConfiguration()
        configuration.wire = ClassicWire(rules: .fork)
        configuration.timestamps = .lamport
        configuration.sizeLimit = .max
        configuration.holdsHistories = true
        return configuration
    }
}

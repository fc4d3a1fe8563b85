// SPDX-License-Identifier: MIT

/// The options of one session.
///
/// They are the stream options of the original, under names that say which side they are about.
public struct SessionOptions: Hashable, Sendable {
    /// Whether incoming updates are accepted (the original's `writable`).
    ///
    /// Default true; digests and SYNC are always read.
    public var acceptsUpdates = true

    /// Whether our digest is sent unasked (the original's `readable`).
    ///
    /// Default true. If false, the peer learns what we have only if ``sendsDigestAnyway`` is set. A
    /// peer that sends its digest still gets history, SYNC and live updates.
    public var announces = true

    /// Whether a session that does not announce sends its digest nevertheless (the original's
    /// `sendClock`), so that the peer sends only what we lack.
    ///
    /// Default false.
    public var sendsDigestAnyway = false

    /// Whether a session that accepts no updates waits for the peer's digest before it sends its
    /// history (the original's `clock: true`).
    ///
    /// Default false: the whole history is sent at once.
    public var awaitsDigest = false

    /// Whether live updates follow the history (the original's `tail`).
    ///
    /// Default true; if false, our half ends right after SYNC.
    public var tails = true

    /// Whether and when this side asks the peer to confirm what it was sent; see ``Probing``.
    ///
    /// Default ``Probing/ifPeerProbes``. A `Swarm` sets ``Probing/fromStart`` for the links that
    /// it dials.
    public var probing = Probing.ifPeerProbes

    /// Whether the peer is asked to confirm updates of other sources as well.
    ///
    /// Default false: whoever wrote them sees to it. A page sets it, because it brings what closed
    /// tabs have written.
    public var confirmsRelayed = false

    /// When one side of a session sends probes.
    ///
    /// A probe is the line `"PING"`; the answer `"PONG"` confirms all lines before the probe. The
    /// originals ignore both and never answer. Probes of the peer are always answered.
    public enum Probing: Hashable, Sendable {
        /// From the first line on: for the side that dialled.
        ///
        /// A peer that says SYNC before it has answered is taken for an original.
        case fromStart
        /// Once the peer has sent one, so that an original hears nothing but its own protocol.
        case ifPeerProbes
        /// Never: what was sent counts as confirmed.
        case never
    }

    /// The longest line of an update that the peer takes, in bytes without its newline, if that is
    /// known; a `Swarm` learns it from links that broke.
    ///
    /// A longer own update is set aside (``ReplicaEvent/setAside(_:by:)``), and later ones are
    /// sent. Of another source nothing is sent from such an update on: its writer may still
    /// bring it.
    public var longestLine: Int?

    /// The form of our header; by default that of the transport, or else the upstream one.
    public var headerForm: HeaderForm?

    /// A JSON value sent in our header, for the application on the other side.
    public var meta: Payload?

    /// Creates the options of an ordinary two-way session.
    public init() {}

    /// Returns the options of a session that only sends: `--send-only`, and with `awaitsDigest`
    /// also `--await-clock`.
    public static func sendOnly(awaitsDigest: Bool = false) -> SessionOptions {
        var options = SessionOptions()
        options.acceptsUpdates = false
        options.awaitsDigest = awaitsDigest
        return options
    }

    /// Returns the options of a session that only receives: `--receive-only`, and with
    /// `sendsDigest` also `--send-clock`.
    public static func receiveOnly(sendsDigest: Bool = false) -> SessionOptions {
        var options = SessionOptions()
        options.announces = false
        options.sendsDigestAnyway = sendsDigest
        return options
    }
}

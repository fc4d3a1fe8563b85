// SPDX-License-Identifier: MIT

/// What one session does; the stream options of the original under names that say whose side they
/// are.
public struct SessionOptions: Hashable, Sendable {
    /// Whether incoming updates are taken (the original's `writable`).
    ///
    /// Default true; digests and SYNC are read in any case.
    public var acceptsUpdates = true

    /// Whether our digest is sent unasked (the original's `readable`).
    ///
    /// Default true. Without it the peer learns what we have only when ``sendsDigestAnyway`` is
    /// set; if the peer sends a digest all the same, it still gets history, SYNC and live updates.
    public var announces = true

    /// For a session that does not announce: send the digest after all (the original's
    /// `sendClock`), so that the peer sends only what we lack.
    ///
    /// Default false.
    public var sendsDigestAnyway = false

    /// For a session that takes no updates: wait for the peer's digest before sending history (the
    /// original's `clock: true`).
    ///
    /// Without it the whole history goes out at once. Default false.
    public var awaitsDigest = false

    /// Whether live updates follow the history (the original's `tail`).
    ///
    /// Default true; without it our half ends right after SYNC.
    public var tails = true

    /// Which form our header has; default that of the transport, or the upstream one.
    public var headerForm: HeaderForm?

    /// Any JSON value that travels in our header, for the application on the other side.
    public var meta: Payload?

    /// Makes the options of an ordinary two-way session.
    public init() {}

    /// A session that only sends: `--send-only`, with `awaitsDigest` also `--await-clock`.
    public static func sendOnly(awaitsDigest: Bool = false) -> SessionOptions {
        var options = SessionOptions()
        options.acceptsUpdates = false
        options.awaitsDigest = awaitsDigest
        return options
    }

    /// A session that only receives: `--receive-only`, with `sendsDigest` also `--send-clock`.
    public static func receiveOnly(sendsDigest: Bool = false) -> SessionOptions {
        var options = SessionOptions()
        options.announces = false
        options.sendsDigestAnyway = sendsDigest
        return options
    }
}

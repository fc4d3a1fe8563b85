// SPDX-License-Identifier: MIT

public import NIOCore

/// The limits and timeouts of a link.
public struct LinkLimits: Hashable, Sendable {
    /// The maximum length in bytes of a line, WebSocket message or frame from a peer.
    ///
    /// A longer one ends the link with `LinkError.Code.lineTooLong`.
    ///
    /// Default 10,485,760, as in redux-scuttlebutt's server.
    public var maximumLineByteCount = 10_485_760
    /// The number of unread bytes above which nothing more is read from the peer.
    ///
    /// Default 1 MiB. A higher value costs memory per slow reader, a lower one more wake-ups.
    public var unreadByteBound = 1 << 20
    /// The number of unsent bytes above which `send` suspends.
    ///
    /// Default 1 MiB.
    public var unsentByteBound = 1 << 20
    /// The time allowed for dialling, TLS and the upgrade together.
    ///
    /// Default 30 s, as in redux-scuttlebutt's client.
    public var connectTimeout = TimeAmount.seconds(30)
    /// The time allowed for an accepted connection to complete its HTTP upgrade.
    ///
    /// Default 10 s.
    public var upgradeTimeout = TimeAmount.seconds(10)
    /// The time of silence after which a WebSocket is pinged, and the time allowed for the answer.
    ///
    /// Without an answer the link ends with `LinkError.Code.timedOut`. Primus has heartbeats of its
    /// own (``PrimusTimings``), and lines over TCP are probed by the session (`SilenceWatch`).
    ///
    /// Default 20 s, so that a dead connection is found within a minute, and proxies that cut idle
    /// ones see traffic. An idle connection costs a frame each way in that time.
    public var silenceTimeout = TimeAmount.seconds(20)
    /// Whether WebSockets, those of Primus included, offer and accept compression (RFC 7692).
    ///
    /// It costs the sender some 6 ms of processor time a megabyte, once for all peers that get the
    /// same lines, and the receiver some 2 ms; JSON takes a sixth to a tenth of the bytes. Without
    /// effect if ``maximumLineByteCount`` is below
    /// ``WebSocketCompression/leastMessageByteCount``.
    ///
    /// Default true.
    public var compresses = true
    /// The number of bytes below which a WebSocket message is not compressed.
    ///
    /// A lower value spends time on single lines, of which little can be saved; a higher one saves
    /// time and costs bytes.
    ///
    /// Default 512.
    public var compressionThreshold = 512
    /// How long a closing link waits for the peer to receive everything and close its side.
    ///
    /// Default 2 s.
    public var closingTimeout = TimeAmount.seconds(2)

    /// Creates the default limits.
    public init() {}

    /// Whether a WebSocket with these limits offers or accepts compression.
    var allowsCompression: Bool {
        compresses && maximumLineByteCount >= WebSocketCompression.leastMessageByteCount
    }
}

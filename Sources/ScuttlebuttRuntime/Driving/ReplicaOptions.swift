// SPDX-License-Identifier: MIT

public import Logging
public import Scuttlebutt

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Android)
    import Android
#else
    import Darwin
#endif

/// What a ``ReplicaDriver`` is told at its making; every setting has a default that fits most.
public struct ReplicaOptions: Sendable {
    /// The identity to write as; default: the storage's, else a fresh random one.
    ///
    /// Never give two running peers the same one.
    public var source: Source?

    /// Whether ``source`` may have written in an earlier process, without a storage that tells;
    /// default false.
    ///
    /// If so, and without storage, writes are refused with `ReplicaError.Code.sourceUnsettled`
    /// until a peer has said what it has of this source. Otherwise they could get timestamps that
    /// are used already, and everybody would drop them.
    public var sourceMayHaveWritten = false

    /// The rules and bounds of the wire; default: those of the original data types.
    ///
    /// Peers with other bounds keep other updates: raise them everywhere.
    public var wire = ClassicWire(rules: .upstream)

    /// Where own timestamps come from; default: the wall clock, as the original data types have it.
    public var timestamps = TimestampGenerator.wallClock

    /// How many bytes of updates the value may retain; default 1 GiB.
    ///
    /// A write beyond it throws; a peer that brings more is cut off, see `ReplicaEvent.cutOff`.
    /// Less protects a small device, and refuses larger replicas.
    public var sizeLimit = 1 << 30

    /// How many changes are kept for a reader of ``ReplicaDriver/changes`` that is slow; default
    /// 4,096.
    ///
    /// Beyond it, the oldest are dropped, and the reader is told to read the value again.
    public var changeLimit = 4_096

    /// How many events are kept for a reader of ``ReplicaDriver/events`` that is slow; default
    /// 1,024.
    public var eventLimit = 1_024

    /// Hears of each event, outside of all locks and in order.
    ///
    /// Since it is called after the lock was released, ``ReplicaDriver/value`` and
    /// ``ReplicaDriver/status`` may show on another thread what is not told yet.
    public var onEvent: (@Sendable (ReplicaEvent) -> Void)?

    /// Gets `debug` lines about links; never payloads.
    public var logger = Logger(label: "scuttlebutt.replica")

    /// How long to wait before dialling again.
    public var backOff = BackOff()

    /// When to give up links whose other end is silent.
    public var silenceWatch = SilenceWatch()

    /// Tells the wall clock in milliseconds since 1970; tests hand in a virtual one.
    public var wallClock: @Sendable () -> Double = { SystemWallClock.milliseconds() }

    /// Waits; tests hand in a virtual one.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Creates the default options.
    public init() {}
}

/// The system's wall clock.
package enum SystemWallClock {
    /// Whole milliseconds since 1970, as the originals have them.
    package static func milliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec / 1_000_000)
    }
}

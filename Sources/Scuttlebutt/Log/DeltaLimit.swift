// SPDX-License-Identifier: MIT

/// The most that a delta may contain, in updates and in bytes.
public struct DeltaLimit: Hashable, Sendable {
    /// The largest number of updates.
    public var updates: Int
    /// The largest number of payload bytes; a single larger update is still sent, alone.
    public var bytes: Int

    /// Creates a limit.
    public init(updates: Int = .max, bytes: Int = .max) {
        self.updates = updates
        self.bytes = bytes
    }

    /// No limit.
    public static let unlimited = DeltaLimit()

    mutating func take(_ update: Update) -> Bool { take(update.payload.count) }

    /// Takes an update with so many bytes of payload; returns whether there was room for it.
    @inline(__always)
    mutating func take(_ payloadByteCount: Int) -> Bool {
        guard updates > 0, bytes >= payloadByteCount else {
            // An update that is too large is sent alone, so nothing may follow it.
            updates = 0
            return false
        }
        updates -= 1
        bytes -= payloadByteCount
        return true
    }
}

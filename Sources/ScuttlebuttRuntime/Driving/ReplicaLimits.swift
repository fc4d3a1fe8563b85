// SPDX-License-Identifier: MIT

import Scuttlebutt

/// How much may wait around a replica before connections that bring more are slowed.
package enum ReplicaLimits {
    /// Updates that wait to be saved.
    static let unsavedUpdates = 40_000
    /// Bytes of updates that wait to be saved: 64 MiB.
    static let unsavedBytes = 64 << 20
    /// Notices that wait to be delivered to the application.
    static let undeliveredNotices = 1_024
    /// Updates in them.
    static let undeliveredUpdates = 40_000
    /// Updates of one peer that wait for their verification.
    package static let unverifiedUpdates = 8_192
    /// Bytes of lines that are pulled for one peer at once: 64 KiB.
    static let pulledBytes = 64 << 10
    /// Updates that are saved in one call of the storage.
    static let savedUpdates = 10_000
    /// What is read from the storage at once for a peer that is far behind: 2,048 updates or
    /// 512 KiB.
    static let storedPage = DeltaLimit(updates: 2_048, bytes: 512 << 10)
}

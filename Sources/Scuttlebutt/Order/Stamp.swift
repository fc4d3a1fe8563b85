// SPDX-License-Identifier: MIT

/// The position of an update in the order that all peers agree on: by timestamp, then by source.
///
/// A stamp also identifies an update on the classic wire.
public struct Stamp: Hashable, Comparable, Sendable {
    /// The logical time.
    public let timestamp: Timestamp
    /// The writer, which breaks ties between equal timestamps by UTF-16 code units.
    public let source: Source

    /// Creates a stamp.
    @inlinable
    public init(timestamp: Timestamp, source: Source) {
        self.timestamp = timestamp
        self.source = source
    }

    /// The total order of updates.
    ///
    /// Three places repeat this comparison, and must change together with it:
    /// * `UpdateLog.heap(of:)`, because a merge that built stamps would spend most of its time
    ///   counting references to sources;
    /// * `EntryStorage.isBefore` of a history, for the same reason;
    /// * `compareEntries` in `Web/peer.js`, for what a page lists.
    ///
    /// The simulator's check orders updates on its own, so as not to repeat a mistake made here.
    @inlinable
    public static func < (left: Stamp, right: Stamp) -> Bool {
        if left.timestamp.value != right.timestamp.value {
            return left.timestamp.value < right.timestamp.value
        }
        return left.source < right.source
    }
}

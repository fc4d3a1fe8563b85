// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An entry as ``EntryStorage`` keeps it, without its action: 16 bytes.
///
/// Its source is a number, so that neither an insertion nor a copy of a chunk counts references to
/// sources.
@usableFromInline
struct StoredEntry {
    @usableFromInline var hasFailed: Bool
    @usableFromInline let isLocal: Bool
    /// Whether the action is in the archive, and not in the chunk.
    @usableFromInline var isArchived = false
    /// The place of the anchor's source among the storage's sources; `noSource` without an anchor.
    @usableFromInline let source: UInt32
    @usableFromInline let timestamp: Timestamp

    @inlinable static var noSource: UInt32 { .max }

    @inlinable
    init(isLocal: Bool, hasFailed: Bool = false, source: UInt32, timestamp: Timestamp) {
        self.isLocal = isLocal
        self.hasFailed = hasFailed
        self.source = source
        self.timestamp = timestamp
    }
}

extension StoredEntry: Sendable {}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An entry as ``EntryStorage`` keeps it: its source is a number, so that neither an insertion nor
/// a copy of a chunk counts references to sources.
@usableFromInline
struct StoredEntry<Action> {
    // In this order the entry of an action of 16 bytes and a tag takes 32 bytes.
    @usableFromInline var known: Action?
    @usableFromInline var hasFailed: Bool
    @usableFromInline let isLocal: Bool
    /// The place of the anchor's source among the storage's sources; `noSource` without an anchor.
    @usableFromInline let source: UInt32
    @usableFromInline let timestamp: Timestamp

    @inlinable static var noSource: UInt32 { .max }

    @inlinable
    init(
        _ known: consuming Action?, isLocal: Bool, hasFailed: Bool = false, source: UInt32,
        timestamp: Timestamp
    ) {
        self.known = known
        self.hasFailed = hasFailed
        self.isLocal = isLocal
        self.source = source
        self.timestamp = timestamp
    }
}

extension StoredEntry: Sendable where Action: Sendable {}

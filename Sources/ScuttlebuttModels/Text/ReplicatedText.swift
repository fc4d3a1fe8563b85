// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated text that many people edit concurrently, character by character.
///
/// It hosts a ``TextDocument``: what two people type concurrently at one place is not mixed, and an
/// edit means the same everywhere, whatever others have typed meanwhile.
///
/// The `make…` methods return the payload of an update and change nothing. Apply each payload
/// before making the next. Positions count Unicode scalars and are clamped to the text, because a
/// position may be out of date by the time it is used.
///
/// All updates are kept for peers that connect later, so a text costs as much as was ever typed
/// into it, about 40 bytes for an update. ``TextDocument/saved()`` of the ``document`` is the
/// compact form for a file.
///
/// The payload is one operation, or an array of several that count as one edit:
/// `{"insert":[start,text,side,counter,source],"delete":[[start,count,source],…]}`. `start` is the
/// number of scalars that the writer had inserted before. `side` is `"R"` or `"L"`, and `counter`
/// and `source` identify the scalar that the text is attached to on its right or left. Without
/// `source` it is a scalar of the writer, and without `counter` the root of the text. Without
/// `side` the text is attached to the right of the writer's last scalar, or to the root if there is
/// none. A deleted run without `source` is one of the writer's own. New scalars always belong to
/// the writer, because the format cannot express anything else.
public struct ReplicatedText: Sendable {
    /// The text in the form that can be read and queried.
    public private(set) var document = TextDocument()
    /// The local writer.
    public let source: Source

    /// Every update.
    public private(set) var log = UpdateLog()
    private var known = VersionVector()
    /// How many scalars each source has inserted, including those that wait for others.
    private var inserted: [Source: Int] = [:]

    /// Creates an empty text.
    ///
    /// - Parameter source: The local writer, the same source as the replica's. Two writers must not
    ///   share a source.
    public init(source: Source) { self.source = source }

    /// The visible text.
    ///
    /// - Complexity: O(n).
    public var text: String { document.text }

    /// The number of visible scalars.
    public var count: Int { document.count }

    /// The number of operations that wait for others that they depend on.
    public var pendingCount: Int { document.pendingCount }

    /// The current position of a cursor; the former place of its scalar if that was deleted.
    ///
    /// - Returns: `nil` if the scalar has not arrived.
    /// - Complexity: O(log n).
    public func position(of cursor: TextDocument.Cursor) -> Int? {
        // The document was not opened from a file, so its indexes exist and nothing is copied.
        var document = document
        return document.position(of: cursor)
    }

    /// How many scalars we have inserted, including those that came back from peers and wait.
    var nextCounter: Int { inserted[source] ?? 0 }
}

extension ReplicatedText: LogBacked, Dumpable {
    /// Applies an update: one edit.
    ///
    /// An edit that depends on a missing one is kept, and performed when that one arrives. An
    /// unpaired surrogate in the text becomes U+FFFD. It refuses payloads of another shape,
    /// insertions that do not continue where their source's last one ended, and everything that
    /// would have to wait when too much already waits.
    ///
    /// - Complexity: O(log n) for each run of the edit.
    public mutating func apply(_ update: Update, changes: inout [TextChange]?) -> Application {
        guard !known.covers(update.stamp) else { return .applied }
        guard let operations = TextWire.operations(update) else {
            return .refused(
                "an edit must be {\"insert\":[start,text,…],\"delete\":[[start,count,…],…]}")
        }
        var next = inserted[update.source] ?? 0
        for insertion in operations.compactMap(\.insertion) {
            guard insertion.start == next else {
                return .refused("an insertion does not continue where its source's last one ended")
            }
            next += insertion.text.unicodeScalars.count
        }
        // If a later one of several operations is refused, the first must not remain.
        let before = operations.count > 1 ? document : nil
        let changeCount = changes?.count ?? 0
        do {
            for operation in operations { try document.apply(operation, changes: &changes) }
        } catch {
            if let before { document = before }
            changes?.removeSubrange(changeCount...)
            return .refused(error.description)
        }
        inserted[update.source] = next
        known.advance(update.source, to: update.timestamp)
        log.append(update)
        return .applied
    }

    /// Appends the visible text as a JSON string.
    public func appendDump(to output: inout [UInt8]) {
        JSONString.encode(document.utf8, into: &output)
    }
}

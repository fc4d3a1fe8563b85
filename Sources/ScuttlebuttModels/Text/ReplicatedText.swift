// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated text that many edit at once, character by character.
///
/// It hosts a ``TextDocument``: what two people type at one place at once stays whole, and an edit
/// means the same everywhere, whatever the others have typed meanwhile.
///
/// Writes are prepared by functions named in the -ing form, which return a payload and change
/// nothing. Apply each payload before the next one is prepared. Positions count Unicode scalars and
/// are clamped to the text, because one that was read a moment ago may be out of date.
///
/// All updates are kept for peers that come later, so that a text costs what was ever typed into
/// it, about 40 bytes for an update. ``TextDocument/saved()`` of the ``document`` is the compact
/// form for a file.
///
/// The payload is one operation, or an array of several that count as one edit:
/// `{"insert":[start,text,side,counter,source],"delete":[[start,count,source],…]}`. `start` is how
/// many scalars the writer had inserted before; side is `"R"` or `"L"`, and `counter` and `source`
/// are the scalar on whose right or left the text hangs: without `source` the writer's own,
/// without `counter` the root of the text, and without `side` the right of the writer's last
/// scalar, or the root for the first. A deleted run without `source` is one of the writer's own.
/// New scalars are always the writer's: there is no way to say otherwise.
public struct ReplicatedText: Sendable {
    /// The text, with all that can be read from it.
    public private(set) var document = TextDocument()
    /// Who writes here.
    public let source: Source

    /// Every update.
    public private(set) var log = RetainedLog()
    private var known = VersionVector()
    /// How many scalars each source has inserted, those included that wait for others.
    private var inserted: [Source: Int] = [:]

    /// Makes an empty text.
    ///
    /// - Parameter source: Who will write here, the same source as the replica's. Two writers must
    ///   not share one.
    public init(source: Source) { self.source = source }

    /// The visible text.
    ///
    /// - Complexity: O(n).
    public var text: String { document.text }

    /// How many scalars are visible.
    public var count: Int { document.count }

    /// How many operations are kept until others come that they build on.
    public var pendingCount: Int { document.pendingCount }

    /// Where a cursor stands now; where its scalar was, if that has been deleted.
    ///
    /// - Returns: `nil` when the scalar has not come yet.
    /// - Complexity: O(log n).
    public func position(of cursor: TextDocument.Cursor) -> Int? {
        // The indexes are there, as nothing was opened: nothing is copied.
        var document = document
        return document.position(of: cursor)
    }

    /// How many scalars we have inserted, those included that came back from peers and wait.
    var nextCounter: Int { inserted[source] ?? 0 }
}

extension ReplicatedText: LogBacked, Dumpable {
    /// Takes an update: one edit.
    ///
    /// What it builds on may still be on its way; then it is kept, and performed when that comes.
    /// Half of a surrogate pair in the text becomes U+FFFD. Refused are payloads of another shape,
    /// insertions that do not go on where their source's last one ended, and everything that would
    /// have to wait when too much waits already.
    ///
    /// - Complexity: O(log n) for each run of the edit.
    public mutating func apply(_ update: Update, changes: inout [TextChange]?) -> Application {
        guard !known.covers(update.stamp) else { return .applied }
        guard let operations = TextWire.operations(update) else {
            return .refused(
                "an edit is {\"insert\":[start,text,…],\"delete\":[[start,count,…],…]}")
        }
        var next = inserted[update.source] ?? 0
        for insertion in operations.compactMap(\.insertion) {
            guard insertion.start == next else {
                return .refused("an insertion does not go on where its source's last one ended")
            }
            next += insertion.text.unicodeScalars.count
        }
        // Of several operations the first must not stay when a later one is refused.
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

// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The form of a part of a text, and of whole texts before ``saved()`` had one of its own. All
/// numbers are variable-length integers of seven bits per byte, lowest first; signed ones are
/// folded (0, −1, 1, −2, …).
///
/// 1. `0x54 0x01`, or `0x54 0x02` if there is a fifth part.
/// 2. The number of sources; for each, the length of its name and the name, in UTF-16 order.
/// 3. The number of runs; for each, in document order, a byte of flags and then what the flags say:
///    the source, unless it is that of the previous run; the first counter, minus the end of the
///    last run of that source; the length; the parent, unless it is the preceding scalar of the
///    same source (as in a run that was split) or the root.
/// 4. The length of the visible text, and the text in UTF-8.
/// 5. If operations wait for others, these; see ``SavedOperations``.
///
/// Adjacent runs that can be one are one.
extension TextDocument {
    enum Flag {
        static let deleted: UInt8 = 1
        static let right: UInt8 = 2
        static let sameSource: UInt8 = 4
        static let continues: UInt8 = 8
        static let rootParent: UInt8 = 16
        static let foreignParent: UInt8 = 32
        static let leftChild: UInt8 = 64
        static let rightChild: UInt8 = 128
    }

    /// What a peer at `version` lacks, for its ``merge(_:)``: scalars, deletions, and the
    /// operations that wait here.
    ///
    /// For a peer that has nothing it is the same as ``saved()``.
    ///
    /// - Complexity: O(n).
    public func encoded(since version: TextVersion) -> [UInt8] {
        if version == TextVersion() { return saved() }
        let runs = encodedRuns(since: version)
        guard pending.count > 0 else { return runs }
        var output = ByteWriter(bytes: runs)
        output.bytes[1] = 0x02
        SavedOperations.append(pending.operations, to: &output)
        return output.bytes
    }

    /// What a peer at `version` lacks, without the operations that wait.
    private func encodedRuns(since version: TextVersion) -> [UInt8] {
        let order = sources.indices.filter { counts[$0] > 0 }
            .sorted { sources[$0] < sources[$1] }
        var ranks = Array(repeating: 0, count: sources.count)
        for (rank, number) in order.enumerated() { ranks[number] = rank }
        var output = ByteWriter()
        output.bytes.reserveCapacity(liveByteCount + tree.spanCount * 6 + 64)
        output.bytes += [0x54, 0x01]
        output.append(UInt64(order.count))
        for number in order {
            output.append(UInt64(sources[number].utf8.count))
            output.bytes += sources[number].utf8
        }
        let known = sources.map { UInt32(clamping: version[$0]) }
        var body = ByteWriter()
        body.bytes.reserveCapacity(tree.spanCount * 6)
        var text: [UInt8] = []
        text.reserveCapacity(liveByteCount)
        var writer = RunWriter(ranks: ranks)
        var current: Span?
        forEachSpan { original, _ in
            var span = original
            let known = known[Int(span.source)]
            if span.isDeleted {
                let run = TextRun(
                    source: sources[Int(span.source)], counters: Int(span.start)..<Int(span.end))
                if !version.deletions.isEmpty, version.hasDeleted(run) { return }
            } else if span.start < known {
                // The peer has it, and it was not deleted.
                guard span.end > known else { return }
                span = rest(of: span, behind: Int(known - span.start))
            }
            text.append(contentsOf: arena[Int(span.text)..<Int(span.text) + span.byteCount])
            // In the file, spans that belong together are together, wherever they are in the arena.
            if let last = current, last.isContinued(by: span) {
                current?.length += span.length
                current?.hasRightChild = span.hasRightChild
                return
            }
            if let current { writer.append(current, to: &body) }
            current = span
        }
        if let current { writer.append(current, to: &body) }
        output.append(UInt64(writer.count))
        output.bytes += body.bytes
        output.append(UInt64(text.count))
        output.bytes += text
        return output.bytes
    }
}

/// Writes runs, each relative to those before it.
private struct RunWriter {
    let ranks: [Int]
    private(set) var count = 0
    private var ends: [UInt32]
    private var last: UInt16?

    init(ranks: [Int]) {
        self.ranks = ranks
        ends = Array(repeating: 0, count: ranks.count)
    }

    mutating func append(_ span: Span, to output: inout ByteWriter) {
        let source = Int(span.source)
        var flags: UInt8 = 0
        if span.isDeleted { flags |= TextDocument.Flag.deleted }
        if span.isRight { flags |= TextDocument.Flag.right }
        if span.hasLeftChild { flags |= TextDocument.Flag.leftChild }
        if span.hasRightChild { flags |= TextDocument.Flag.rightChild }
        if span.source == last { flags |= TextDocument.Flag.sameSource }
        if span.parentSource == Span.noSource {
            flags |= TextDocument.Flag.rootParent
        } else if span.continuesItsSource {
            flags |= TextDocument.Flag.continues
        } else if span.parentSource != span.source {
            flags |= TextDocument.Flag.foreignParent
        }
        output.bytes.append(flags)
        if span.source != last { output.append(UInt64(ranks[source])) }
        output.append(signed: Int64(span.start) - Int64(ends[source]))
        output.append(UInt64(span.length))
        if flags & (TextDocument.Flag.rootParent | TextDocument.Flag.continues) == 0 {
            if span.parentSource == span.source {
                output.append(signed: Int64(span.parentCounter) - Int64(span.start))
            } else {
                let parent = Int(span.parentSource)
                output.append(UInt64(ranks[parent]))
                output.append(signed: Int64(span.parentCounter) - Int64(ends[parent]))
            }
        }
        ends[source] = span.end
        last = span.source
        count += 1
    }
}

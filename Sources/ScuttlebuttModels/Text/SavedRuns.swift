// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The runs of a saved text, checked for everything that could make a text trap.
struct SavedRuns {
    private(set) var sources: [Source] = []
    /// In document order; `source` and `parentSource` are indexes into `sources`.
    private(set) var spans: [Span] = []
    /// The largest end of each source's runs.
    private(set) var counts: [UInt32] = []
    private(set) var text: [UInt8] = []
    /// The operations that waited for others.
    private(set) var waiting: [TextOperation] = []

    init(_ bytes: [UInt8]) throws(TextError) {
        var reader = ByteReader(bytes)
        guard reader.byte() == 0x54, let form = reader.byte(), form == 0x01 || form == 0x02 else {
            throw TextError(.damaged, "These bytes are not a saved text.")
        }
        var isRead = readSources(&reader) && readRuns(&reader) && readText(&reader)
        if isRead, form == 0x02 {
            waiting = SavedOperations.read(&reader) ?? []
            isRead = !waiting.isEmpty
        }
        guard isRead, reader.isAtEnd else {
            throw TextError(.damaged, "The saved text is damaged.")
        }
    }

    private mutating func readSources(_ reader: inout ByteReader) -> Bool {
        guard let count = reader.number(), count < Int(Span.noSource) else { return false }
        for _ in 0..<count {
            guard let length = reader.number(), let name = reader.bytes(length),
                let text = String(validating: name, as: UTF8.self), let source = Source(text),
                sources.last.map({ $0 < source }) ?? true
            else { return false }
            sources.append(source)
        }
        counts = Array(repeating: 0, count: count)
        return true
    }

    private mutating func readRuns(_ reader: inout ByteReader) -> Bool {
        guard let count = reader.number(), count <= reader.remaining / 3 else { return false }
        spans.reserveCapacity(count)
        var ends = Array(repeating: 0, count: sources.count)
        var source = -1
        let limit = TextDocument.maximumCounter
        for _ in 0..<count {
            guard let flags = reader.byte() else { return false }
            if flags & TextDocument.Flag.sameSource == 0 {
                guard let number = reader.number(), number < sources.count else { return false }
                source = number
            }
            guard source >= 0, let delta = reader.signed(), let length = reader.number(),
                length > 0, length <= Span.maximumLength
            else { return false }
            let start = ends[source] + delta
            guard start >= 0, start <= limit - length else { return false }
            var parent = Int(Span.noSource)
            var parentCounter = 0
            if flags & TextDocument.Flag.continues != 0 {
                guard start > 0 else { return false }
                (parent, parentCounter) = (source, start - 1)
            } else if flags & TextDocument.Flag.rootParent == 0 {
                parent = source
                var base = start
                if flags & TextDocument.Flag.foreignParent != 0 {
                    guard let number = reader.number(), number < sources.count, number != source
                    else { return false }
                    parent = number
                    base = ends[parent]
                }
                guard let delta = reader.signed() else { return false }
                parentCounter = base + delta
                guard parentCounter >= 0, parentCounter < limit,
                    parent != source || parentCounter < start
                else { return false }
            }
            var span = Span(
                source: UInt16(source), start: UInt32(start), length: length,
                parentSource: UInt16(parent), parentCounter: UInt32(parentCounter),
                isRight: flags & TextDocument.Flag.right != 0)
            if flags & TextDocument.Flag.deleted != 0 { span.delete() }
            span.hasLeftChild = flags & TextDocument.Flag.leftChild != 0
            span.hasRightChild = flags & TextDocument.Flag.rightChild != 0
            spans.append(span)
            ends[source] = start + length
            counts[source] = max(counts[source], span.end)
        }
        return true
    }

    /// Assigns each visible run its part of the text, and splits runs that are too long for one
    /// that is not ASCII.
    private mutating func readText(_ reader: inout ByteReader) -> Bool {
        guard let length = reader.number(), length <= Int(Int32.max) / 2,
            let all = reader.bytes(length)
        else { return false }
        text = Array(all)
        if !text.contains(where: { $0 >= 0x80 }) {
            var offset = 0
            for index in spans.indices where !spans[index].isDeleted {
                spans[index].text = UInt32(offset)
                offset += spans[index].length
                // Checked before the next start is stored, because lengths can lie.
                guard offset <= text.count else { return false }
            }
            guard offset == text.count else { return false }
        } else {
            guard String(validating: text, as: UTF8.self) != nil, readMixedText() else {
                return false
            }
        }
        return true
    }

    private mutating func readMixedText() -> Bool {
        var offset = 0
        var whole: [Span] = []
        whole.reserveCapacity(spans.count)
        for span in spans {
            guard !span.isDeleted else {
                whole.append(span)
                continue
            }
            var piece = span
            if span.length > Span.maximumMixedLength { piece.hasRightChild = true }
            var remaining = span.length
            while remaining > 0 {
                let length = min(remaining, Span.maximumMixedLength)
                let start = offset
                var wides = 0
                for _ in 0..<length {
                    guard offset < text.count else { return false }
                    let width = text[offset].scalarWidth
                    wides += width == 4 ? 1 : 0
                    offset += width
                }
                guard offset <= text.count else { return false }
                piece.length = length
                piece.text = UInt32(start)
                piece.extraBytes = UInt16(offset - start - length)
                piece.wideCount = UInt16(wides)
                whole.append(piece)
                remaining -= length
                piece = Span(
                    source: span.source, start: piece.end, length: remaining,
                    parentSource: span.source, parentCounter: piece.end - 1, isRight: true)
                piece.hasRightChild = span.hasRightChild || remaining > Span.maximumMixedLength
            }
        }
        spans = whole
        return offset == text.count
    }

    /// Whether the parents of all runs exist, provided that the runs are complete.
    func haveParents() -> Bool {
        spans.allSatisfy {
            $0.parentSource == Span.noSource || $0.parentCounter < counts[Int($0.parentSource)]
        }
    }

    /// Whether the runs of each source cover its counters once and without a gap.
    func areComplete() -> Bool {
        var bySource: [[(start: UInt32, end: UInt32)]] = Array(repeating: [], count: sources.count)
        for span in spans { bySource[Int(span.source)].append((span.start, span.end)) }
        for runs in bySource {
            var end: UInt32 = 0
            for run in runs.sorted(by: { $0.start < $1.start }) {
                guard run.start == end else { return false }
                end = run.end
            }
        }
        return true
    }
}

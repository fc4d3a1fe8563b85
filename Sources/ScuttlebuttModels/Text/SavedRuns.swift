// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The runs of a saved text, checked for everything that could make a text trap.
struct SavedRuns {
    var sources: [Source] = []
    /// In document order; `source` and `parentSource` are indexes into `sources`.
    var spans: [Span] = []
    /// The largest end of each source's runs.
    var counts: [UInt32] = []
    var text: [UInt8] = []
    /// The operations that waited for others.
    private(set) var waiting: [TextOperation] = []
    /// Whether these are all runs of a text, in the order that follows from what they are attached
    /// to.
    var isOrdered = false

    init(_ bytes: [UInt8]) throws(TextError) {
        var reader = ByteReader(bytes)
        guard reader.byte() == 0x54, let form = reader.byte(), (0x01...0x04).contains(form) else {
            throw TextError(.damaged, "These bytes are not a saved text.")
        }
        isOrdered = form > 0x02
        var isRead = isOrdered ? readOrdered(&reader) : readListed(&reader)
        if isRead, form == 0x02 || form == 0x04 {
            waiting = SavedOperations.read(&reader) ?? []
            isRead = !waiting.isEmpty
        }
        guard isRead, reader.isAtEnd else {
            throw TextError(.damaged, "The saved text is damaged.")
        }
    }

    /// Assigns each visible run its part of the text, and splits runs that are too long for one
    /// that is not ASCII.
    mutating func assign(_ text: [UInt8]) -> Bool {
        self.text = text
        guard SavedRuns.isASCII(text) else {
            return String(validating: text, as: UTF8.self) != nil && readMixedText()
        }
        var offset = 0
        for index in spans.indices where !spans[index].isDeleted {
            spans[index].text = UInt32(offset)
            offset += spans[index].length
            // Checked before the next start is stored, because lengths can lie.
            guard offset <= text.count else { return false }
        }
        return offset == text.count
    }

    /// Eight bytes at a time.
    private static func isASCII(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { bytes in
            var all: UInt64 = 0
            var index = 0
            while index &+ 8 <= bytes.count {
                all |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                index &+= 8
            }
            while index < bytes.count {
                all |= UInt64(bytes[index])
                index &+= 1
            }
            return all & 0x8080_8080_8080_8080 == 0
        }
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
}

// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The parts of an encoded history, read and checked one by one; whether they fit the document shows
/// when they are merged.
struct TextHistoryReader {
    /// Scalars that were numbered in a row.
    struct Run {
        let counter: Int
        let length: Int
        let isVisible: Bool
        /// As in `TextSpan.Kind`.
        let kind: Int
        /// The source of what it hangs on, if that is not its own or the root.
        let anchorPart: Int?
        let anchorCounter: Int
    }

    /// What the history has of one source.
    struct Part {
        let source: Source
        let start: Int
        let end: Int
        var runs: [Run] = []
        var visibleCount = 0
        var deletions: [Range<Int>] = []
        /// How many runs have been taken.
        var taken = 0
        /// Where the text of the next run begins.
        var textOffset = 0

        var next: Run? { taken < runs.count ? runs[taken] : nil }
    }

    var parts: [Part] = []
    private(set) var isAscii = true
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var reader: TextByteReader

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(TextDecodingError) {
        reader = TextByteReader(bytes)
        guard Array(try reader.raw(4)) == TextDocument.historyHead else {
            throw TextDecodingError(.unknownFormat, at: 0)
        }
        let count = try reader.number(upTo: min(reader.remaining, TextSources.limit))
        for _ in 0..<count {
            let source = try reader.source()
            let start = try reader.number(upTo: TextIdentifier.limit)
            let end = try reader.number(upTo: TextIdentifier.limit)
            guard start <= end else { throw reader.failure(.invalidContents) }
            parts.append(Part(source: source, start: start, end: end))
        }
        guard Set(parts.map(\.source)).count == count else {
            throw reader.failure(.invalidContents)
        }
        for index in parts.indices { try readRuns(index) }
        text = try reader.counted()
        guard TextBytes.isValid(text) else { throw reader.failure(.invalidContents) }
        isAscii = TextBytes.isAscii(text)
        try placeTexts()
        for index in parts.indices where parts[index].start > 0 { try readDeletions(index) }
        guard reader.remaining == 0 else { throw reader.failure(.invalidContents) }
    }

    func failure(_ code: TextDecodingError.Code) -> TextDecodingError { reader.failure(code) }

    private mutating func readRuns(_ index: Int) throws(TextDecodingError) {
        var counter = parts[index].start
        let end = parts[index].end
        while counter < end {
            let head = try reader.number()
            let length = head >> 3
            let kind = head >> 1 & 3
            guard length > 0, length <= end - counter, length <= TextSpan.maximumLength,
                kind != 0 || counter > 0
            else { throw reader.failure(.invalidContents) }
            var (part, anchor) = (Int?.none, counter - 1)
            if kind == 1 || kind == 2 {
                let place = try reader.number()
                part = place & 1 == 1 ? try reader.number() : index
                anchor = counter - TextByteReader.unfolded(place >> 1)
                guard let part, part < parts.count, anchor >= 0, anchor < TextIdentifier.limit,
                    part != index || anchor < counter
                else { throw reader.failure(.invalidContents) }
            }
            let run = Run(
                counter: counter, length: length, isVisible: head & 1 == 1, kind: kind,
                anchorPart: part, anchorCounter: anchor)
            parts[index].runs.append(run)
            if run.isVisible { parts[index].visibleCount += length }
            counter += length
        }
    }

    /// Finds where the text of each source begins.
    private mutating func placeTexts() throws(TextDecodingError) {
        guard let base = text.baseAddress else {
            guard parts.allSatisfy({ $0.visibleCount == 0 }) else {
                throw reader.failure(.invalidContents)
            }
            return
        }
        let scalars = isAscii ? text.count : TextBytes.count(text).scalars
        var (offset, total) = (0, 0)
        for index in parts.indices {
            parts[index].textOffset = offset
            let count = parts[index].visibleCount
            total += count
            guard total <= scalars else { throw reader.failure(.invalidContents) }
            offset +=
                isAscii
                ? count
                : TextBytes.offset(ofScalar: count, in: base + offset, count: text.count - offset)
        }
        guard total == scalars else { throw reader.failure(.invalidContents) }
    }

    private mutating func readDeletions(_ index: Int) throws(TextDecodingError) {
        var place = 0
        for _ in 0..<(try reader.number(upTo: reader.remaining)) {
            let gap = try reader.number(upTo: parts[index].start - place)
            let count = try reader.number(upTo: parts[index].start - place - gap)
            parts[index].deletions.append(place + gap..<place + gap + count)
            place += gap + count
        }
    }

    /// Takes the next run of a source, and answers its text.
    mutating func take(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let run = parts[index].runs[parts[index].taken]
        parts[index].taken += 1
        guard run.isVisible, let base = text.baseAddress else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        let start = parts[index].textOffset
        let count =
            isAscii
            ? run.length
            : TextBytes.offset(ofScalar: run.length, in: base + start, count: text.count - start)
        parts[index].textOffset += count
        return UnsafeBufferPointer(start: base + start, count: count)
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What a document knows as bytes for another, in the order of identities:
///
/// | part | bytes |
/// |---|---|
/// | head | `STH` and the version, 1 |
/// | sources | their number; of each the name, how many of its scalars the receiver knows, and how many there are |
/// | segments | of each source, as many as it takes from the former number to the latter, below |
/// | text | the length and the UTF-8 of all visible segments |
/// | deletions | of each source of which the receiver knows something: the number of runs among that which are deleted; of each how many are not deleted before it, and how many are |
///
/// Numbers are LEB128. A segment is `length << 3 | flags` (1 visible, 2 and 4 the kind as in a saved
/// document), and for the kinds 1 and 2 the element that it hangs on, as in a saved document.
/// Deleted text is not there, so a history is about as large as the document.
extension TextDocument {
    static let historyHead: [UInt8] = [0x53, 0x54, 0x48, 1]

    /// How many scalars are known of each source, deleted ones included.
    public var version: [Source: Int] {
        var version: [Source: Int] = [:]
        for (index, name) in sources.names.enumerated() where sequence.maps[index].end > 0 {
            version[name] = Int(sequence.maps[index].end)
        }
        return version
    }

    /// All that a document with this version lacks, as bytes for ``merge(history:)``.
    ///
    /// Deletions have no numbers: all are in it, a few bytes for each run. What waits is not in it.
    ///
    /// - Parameter known: What the receiver has, from its ``version``; the default is nothing.
    /// - Complexity: O(*n*).
    public func encodedHistory(since known: [Source: Int] = [:]) -> [UInt8] {
        let order = sources.names.indices.filter { sequence.maps[$0].end > 0 }
            .sorted { sources.names[$0] < sources.names[$1] }
        var numbers = [Int](repeating: 0, count: sources.names.count)
        for (number, index) in order.enumerated() { numbers[index] = number }
        var output = TextByteWriter()
        output.append(raw: Self.historyHead)
        output.append(order.count)
        let starts = order.map { index in
            max(0, min(known[sources.names[index]] ?? 0, Int(sequence.maps[index].end)))
        }
        for (index, start) in zip(order, starts) {
            output.append(counted: sources.names[index].utf8)
            output.append(start)
            output.append(Int(sequence.maps[index].end))
        }
        var text = TextByteWriter()
        for (index, start) in zip(order, starts) {
            let end = sequence.maps[index].end
            forEachRun(of: index, UInt32(truncatingIfNeeded: start)..<end, text: &text) { run in
                write(run, numbers, to: &output)
            }
        }
        output.append(counted: text.bytes)
        var ignored = TextByteWriter()
        for (index, start) in zip(order, starts) where start > 0 {
            var runs = TextByteWriter()
            var (count, place) = (0, 0)
            forEachRun(of: index, 0..<UInt32(truncatingIfNeeded: start), text: &ignored) { run in
                guard !run.isVisible else { return }
                count += 1
                runs.append(Int(run.counter) - place)
                runs.append(run.length)
                place = Int(run.end)
            }
            output.append(count)
            output.append(raw: runs.bytes)
        }
        return output.bytes
    }

    /// Goes through the elements of a source by number, in runs as long as they can be, and collects
    /// the text of visible ones.
    private func forEachRun(
        of source: Int, _ counters: Range<UInt32>, text: inout TextByteWriter,
        _ body: (TextSpan) -> Void
    ) {
        var element = TextElement(
            source: UInt16(truncatingIfNeeded: source), counter: counters.lowerBound)
        var open: TextSpan?
        while element.counter < counters.upperBound, let place = sequence.place(of: element) {
            let leaf = sequence.leaves[place.leaf]
            var span = leaf.spans[place.span]
            if place.offset > 0 { span.dropFirst(place.offset) }
            if span.end > counters.upperBound {
                _ = span.split(at: Int(counters.upperBound - span.counter))
            }
            if span.isVisible {
                let first = leaf.scalars(before: place.span) + place.offset
                let start = leaf.byteOffset(ofScalar: first)
                let count =
                    leaf.isAscii
                    ? span.length
                    : TextBytes.offset(
                        ofScalar: span.length, in: leaf.bytes + start,
                        count: leaf.header.byteCount - start)
                text.append(raw: UnsafeBufferPointer(start: leaf.bytes + start, count: count))
            }
            element.counter = span.end
            span.hasLeftChild = false
            if var joined = open, joined.joins(span) {
                joined.join(span)
                open = joined
            } else {
                if let open { body(open) }
                open = span
            }
        }
        if let open { body(open) }
    }

    private func write(_ run: TextSpan, _ numbers: [Int], to output: inout TextByteWriter) {
        output.append(run.length << 3 | Int(run.kind.rawValue) << 1 | (run.isVisible ? 1 : 0))
        switch run.anchor {
        case .root: return
        case .right where run.kind == .continuation: return
        case .right(let element), .left(let element):
            let difference = TextByteWriter.folded(Int(run.counter) - Int(element.counter))
            let isOther = element.source != run.source
            output.append(difference << 1 | (isOther ? 1 : 0))
            if isOther { output.append(numbers[Int(element.source)]) }
        }
    }

    /// Makes a document of another's history.
    ///
    /// - Throws: See ``merge(history:)``.
    public init(history bytes: [UInt8]) throws(TextDecodingError) {
        self.init()
        try merge(history: bytes)
    }

    /// Takes in what ``encodedHistory(since:)`` of another document made; what is known already
    /// changes nothing.
    ///
    /// - Throws: For other bytes, and for a history that begins behind what is known here. Nothing
    ///   has changed then.
    /// - Complexity: O(*n* log *n*) in the bytes.
    public mutating func merge(history bytes: [UInt8]) throws(TextDecodingError) {
        // Changed apart, so that a history that turns out to be wrong leaves nothing behind.
        var merged = self
        let failure = bytes.withUnsafeBufferPointer { bytes -> TextDecodingError? in
            do throws(TextDecodingError) {
                var history = try TextHistoryReader(bytes)
                try merged.merge(&history)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        self = merged
    }

    private mutating func merge(_ history: inout TextHistoryReader) throws(TextDecodingError) {
        var numbers: [UInt16] = []
        var total = count
        for part in history.parts {
            guard let number = register(part.source) else {
                throw history.failure(.invalidContents)
            }
            guard part.start <= Int(sequence.maps[Int(number)].end) else {
                throw history.failure(.missingHistory)
            }
            numbers.append(number)
            total += part.visibleCount
        }
        guard total < TextIdentifier.limit else { throw history.failure(.invalidContents) }
        let names = sources.names
        // What is being merged, and up to which counter what is below waits for it.
        var stack: [(part: Int, target: Int)] = []
        for first in history.parts.indices {
            stack.append((first, .max))
            while let (part, target) = stack.last {
                let number = numbers[part]
                guard let run = history.parts[part].next,
                    Int(sequence.maps[Int(number)].end) <= target
                else {
                    stack.removeLast()
                    continue
                }
                if let other = run.anchorPart, other != part,
                    run.anchorCounter >= Int(sequence.maps[Int(numbers[other])].end)
                {
                    // Sources that wait for each other in a circle wait for ever.
                    guard stack.count <= history.parts.count,
                        run.anchorCounter < history.parts[other].end,
                        !stack.contains(where: { $0.part == other })
                    else { throw history.failure(.invalidContents) }
                    stack.append((other, run.anchorCounter))
                    continue
                }
                let text = history.take(part)
                merge(run, number, numbers, text, isAscii: history.isAscii, names)
            }
        }
        var changes: [TextChange]?
        for (part, number) in numbers.enumerated() {
            for range in history.parts[part].deletions {
                hide(
                    TextElement(
                        source: number, counter: UInt32(truncatingIfNeeded: range.lowerBound)),
                    count: range.count, &changes)
            }
        }
        if waiting.count > 0 {
            for part in history.parts { wake(after: part.source, &changes) }
        }
    }

    private mutating func merge(
        _ run: TextHistoryReader.Run, _ number: UInt16, _ numbers: [UInt16],
        _ text: UnsafeBufferPointer<UInt8>, isAscii: Bool, _ names: [Source]
    ) {
        let known = Int(sequence.maps[Int(number)].end) - run.counter
        if known > 0, !run.isVisible {
            var changes: [TextChange]?
            hide(
                TextElement(source: number, counter: UInt32(truncatingIfNeeded: run.counter)),
                count: min(known, run.length), &changes)
        }
        guard known < run.length else { return }
        let first = TextElement(
            source: number, counter: UInt32(truncatingIfNeeded: run.counter + max(0, known)))
        var anchor = TextAnchor.root
        if known > 0 || run.kind == 0 {
            anchor = .right(of: TextElement(source: number, counter: first.counter &- 1))
        } else if let part = run.anchorPart {
            let parent = TextElement(
                source: numbers[part], counter: UInt32(truncatingIfNeeded: run.anchorCounter))
            anchor = run.kind == 1 ? .right(of: parent) : .left(of: parent)
        }
        if run.isVisible {
            insert(text, isAscii: isAscii, dropping: max(0, known), first, anchor, names)
        } else {
            let span = TextSpan(
                first: first, length: run.length - max(0, known), isVisible: false, anchor: anchor)
            sequence.integrate(span, UnsafeBufferPointer(start: nil, count: 0), pairs: 0) {
                Self.precedes($0, $1, names)
            }
        }
    }
}

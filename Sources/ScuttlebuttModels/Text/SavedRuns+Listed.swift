// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The forms `0x01` and `0x02`, which `TextDocument+Delta` describes.
extension SavedRuns {
    mutating func readListed(_ reader: inout ByteReader) -> Bool {
        readSources(&reader) && readRuns(&reader) && readText(&reader)
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

    private mutating func readText(_ reader: inout ByteReader) -> Bool {
        guard let length = reader.number(), length <= Int(Int32.max) / 2,
            let all = reader.bytes(length)
        else { return false }
        return assign(Array(all))
    }

    /// Brings the runs into the order that follows from what they are attached to; returns whether
    /// they have been in it, and are all runs of a text.
    mutating func order() -> Bool {
        let order = RunOrder(spans, sourceCount: sources.count)
        var nodes: [TextOrder.Node] = []
        nodes.reserveCapacity(spans.count)
        for source in sources.indices {
            var end: UInt32 = 0
            for rank in order.firsts[source]..<order.firsts[source + 1] {
                var span = spans[Int(order.places[rank])]
                guard span.start == end else { return false }
                end = span.end
                // These flags follow as well.
                span.hasLeftChild = false
                span.hasRightChild = false
                guard let parent = parent(of: span, order) else { return false }
                nodes.append(TextOrder.Node(span: span, parent: Int32(parent)))
            }
        }
        guard let ordered = TextOrder.spans(of: &nodes),
            zip(spans, ordered).allSatisfy({ $0.source == $1.source && $0.start == $1.start })
        else { return false }
        spans = ordered
        isOrdered = true
        return true
    }

    /// The rank of the run that another one is attached to, −1 for the root; `nil` if there is
    /// none.
    private func parent(of span: Span, _ order: RunOrder) -> Int? {
        guard span.parentSource != Span.noSource else { return -1 }
        let source = Int(span.parentSource)
        let ranks = order.firsts[source]..<order.firsts[source + 1]
        let behind = ranks.partitioningIndex {
            spans[Int(order.places[$0])].start > span.parentCounter
        }
        guard behind > ranks.lowerBound else { return nil }
        let parent = spans[Int(order.places[behind - 1])]
        guard span.parentCounter < parent.end,
            span.isRight || span.parentCounter == parent.start
        else { return nil }
        return behind - 1
    }
}

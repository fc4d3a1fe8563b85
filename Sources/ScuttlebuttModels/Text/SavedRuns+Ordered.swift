// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The forms `0x03` and `0x04`, which ``TextDocument/saved()`` describes.
extension SavedRuns {
    mutating func readOrdered(_ reader: inout ByteReader) -> Bool {
        guard let firsts = readCountedSources(&reader),
            var nodes = readNodes(&reader, firsts), let text = readPackedText(&reader),
            let ordered = TextOrder.spans(of: &nodes)
        else { return false }
        spans = ordered
        return assign(text)
    }

    /// Returns where the runs of each source begin among all.
    private mutating func readCountedSources(_ reader: inout ByteReader) -> [Int]? {
        guard let count = reader.number(), count < Int(Span.noSource) else { return nil }
        var firsts = [0]
        for source in 0..<count {
            guard let length = reader.number(), let name = reader.bytes(length),
                let text = String(validating: name, as: UTF8.self), let next = Source(text),
                sources.last.map({ $0 < next }) ?? true,
                let number = reader.number(), number > 0
            else { return nil }
            sources.append(next)
            firsts.append(firsts[source] + number)
        }
        // Each run takes a byte at least.
        guard firsts[count] <= min(reader.remaining, Int(Int32.max) / 2) else { return nil }
        return firsts
    }

    private mutating func readNodes(
        _ reader: inout ByteReader, _ firsts: [Int]
    ) -> [TextOrder.Node]? {
        counts = Array(repeating: 0, count: sources.count)
        var isWhole = false
        // Local, because it changes with every byte.
        var cursor = reader
        let nodes = [TextOrder.Node](
            unsafeUninitializedCapacity: firsts[sources.count]
        ) { nodes, count in
            isWhole = readNodes(&cursor, firsts, into: nodes, &count)
        }
        reader = cursor
        return isWhole ? nodes : nil
    }

    private mutating func readNodes(
        _ reader: inout ByteReader, _ firsts: [Int],
        into nodes: UnsafeMutableBufferPointer<TextOrder.Node>, _ count: inout Int
    ) -> Bool {
        var reference = Reference(firsts)
        var unresolved: [(index: Int, offset: Int?)] = []
        for source in sources.indices {
            var start = 0
            let first = firsts[source]
            for index in first..<firsts[source + 1] {
                guard let token = reader.byte() else { return false }
                var length = Int(token >> 3)
                if length == 0 {
                    guard let more = reader.number() else { return false }
                    length = more + 32
                }
                guard length <= Span.maximumLength, length <= TextDocument.maximumCounter - start
                else { return false }
                var parent = index - 1
                var isRight = true
                switch token & 3 {
                case 0: break
                case 1: isRight = false
                case 2:
                    guard let number = reader.number() else { return false }
                    parent -= number >> 1
                    isRight = number & 1 != 0
                default:
                    guard reference.read(&reader, by: index, of: source) else { return false }
                    (parent, isRight) = (reference.parent, reference.isRight)
                    if parent >= 0 { unresolved.append((index, reference.offset)) }
                }
                var node = TextOrder.Node(
                    span: Span(
                        source: UInt16(truncatingIfNeeded: source),
                        start: UInt32(truncatingIfNeeded: start), length: length,
                        parentSource: Span.noSource, parentCounter: 0, isRight: isRight),
                    parent: Int32(truncatingIfNeeded: parent))
                if token & 3 != 3 {
                    guard parent >= first else { return false }
                    let holder = nodes[parent].span
                    node.span.parentSource = UInt16(truncatingIfNeeded: source)
                    node.span.parentCounter = isRight ? holder.end &- 1 : holder.start
                }
                if token & 4 != 0 { node.span.delete() }
                nodes.initializeElement(at: index, to: node)
                count = index &+ 1
                start &+= length
            }
            counts[source] = UInt32(truncatingIfNeeded: start)
        }
        // Their parents may have come later.
        for (index, offset) in unresolved {
            let parent = nodes[Int(nodes[index].parent)].span
            var counter = nodes[index].span.isRight ? parent.end - 1 : parent.start
            if let offset {
                guard offset < parent.length - 1 else { return false }
                counter = parent.start + UInt32(offset)
            }
            nodes[index].span.parentSource = parent.source
            nodes[index].span.parentCounter = counter
        }
        return true
    }

    private func readPackedText(_ reader: inout ByteReader) -> [UInt8]? {
        guard let length = reader.number(), length <= Int(Int32.max) / 2,
            let packed = reader.number()
        else { return nil }
        guard packed > 0 else { return reader.bytes(length).map(Array.init) }
        return reader.bytes(packed).flatMap { PackedText.unpack($0, count: length) }
    }
}

/// What a run is attached to that is not an end of another run of its source.
private struct Reference {
    private(set) var parent = -1
    private(set) var isRight = true
    /// Which scalar of the parent it is attached to, if that is neither its first nor its last one.
    private(set) var offset: Int?
    private let firsts: [Int]
    /// The run of each source that was referred to last.
    private var last: [Int]

    init(_ firsts: [Int]) {
        self.firsts = firsts
        last = firsts
    }

    /// Returns whether the bytes were good.
    mutating func read(_ reader: inout ByteReader, by index: Int, of source: Int) -> Bool {
        guard let number = reader.number() else { return false }
        (parent, isRight, offset) = (-1, true, nil)
        guard number > 0 else { return true }
        let writer = (number - 1) / 3
        guard writer < firsts.count - 1, let delta = reader.signed() else { return false }
        parent = last[writer] + delta
        guard parent >= firsts[writer], parent < firsts[writer + 1] else { return false }
        // What a source attaches to its own is younger.
        guard writer != source || parent < index else { return false }
        last[writer] = parent
        switch (number - 1) % 3 {
        case 0: isRight = false
        case 1: break
        default:
            offset = reader.number()
            guard offset != nil else { return false }
        }
        return true
    }
}

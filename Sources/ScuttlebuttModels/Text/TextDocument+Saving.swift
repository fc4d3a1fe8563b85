// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The binary form of a whole text. All numbers are variable-length integers of seven bits per
/// byte, lowest first; signed ones are folded (0, −1, 1, −2, …).
///
/// 1. `0x54 0x03`, or `0x54 0x04` if there is a fifth part.
/// 2. The number of sources; for each, in UTF-16 order, the length of its name, the name, and the
///    number of its runs.
/// 3. The runs, source by source in the order of their counters; see ``RunEncoder``. Their order in
///    the document follows from what each is attached to.
/// 4. The length of the visible text in UTF-8, the number of bytes that it is packed into, and
///    these bytes; see ``PackedText``. If the number is 0, the text follows as it is.
/// 5. If operations wait for others, these; see ``SavedOperations``.
///
/// Adjacent runs that can be one are one, so equal texts have equal bytes.
extension TextDocument {
    /// The text with all identities, to be opened by ``init(saved:)`` or merged by ``merge(_:)``.
    ///
    /// Operations that still wait for others are included.
    ///
    /// - Complexity: O(n).
    public func saved() -> [UInt8] {
        var output = ByteWriter(bytes: savedRuns())
        guard pending.count > 0 else { return output.bytes }
        output.bytes[1] = 0x04
        SavedOperations.append(pending.operations, to: &output)
        return output.bytes
    }

    /// The saved text without the operations that wait.
    func savedRuns() -> [UInt8] {
        let order = sources.indices.filter { counts[$0] > 0 }
            .sorted { sources[$0] < sources[$1] }
        var ranks = Array(repeating: Span.noSource, count: sources.count)
        for (rank, number) in order.enumerated() { ranks[number] = UInt16(rank) }
        let (runs, text) = runsAndText(ranks)
        let encoder = RunEncoder(runs, sourceCount: order.count)
        let packed = PackedText.pack(text)
        var output = ByteWriter()
        output.bytes.reserveCapacity((packed ?? text).count + runs.count * 3 + 1_024)
        output.bytes += [0x54, 0x03]
        output.append(UInt64(order.count))
        for (rank, number) in order.enumerated() {
            output.append(UInt64(sources[number].utf8.count))
            output.bytes += sources[number].utf8
            output.append(UInt64(encoder.count(ofSource: rank)))
        }
        output.bytes += encoder.bytes()
        output.append(UInt64(text.count))
        output.append(UInt64(packed?.count ?? 0))
        output.bytes += packed ?? text
        return output.bytes
    }

    /// The runs in document order, with ranks instead of numbers of sources, and the visible text.
    ///
    /// Spans that belong together are one run, wherever they are in the arena.
    private func runsAndText(_ ranks: [UInt16]) -> (runs: [Span], text: [UInt8]) {
        var runs: [Span] = []
        let text = [UInt8](unsafeUninitializedCapacity: liveByteCount + PackedText.slack) {
            text, byteCount in
            runs = [Span](unsafeUninitializedCapacity: tree.spanCount) { runs, count in
                arena.withUnsafeBytes { arena in
                    let text = UnsafeMutableRawBufferPointer(text)
                    var leaf = tree.firstLeaf
                    while leaf >= 0 {
                        let base = leaf &* SpanTree.capacity
                        for slot in base..<base &+ Int(tree.leafCounts[leaf]) {
                            var span = tree.spans[slot]
                            PackedText.copy(
                                span.byteCount, arena, Int(span.text), text, byteCount)
                            byteCount &+= span.byteCount
                            span.source = ranks[Int(span.source)]
                            if span.parentSource != Span.noSource {
                                span.parentSource = ranks[Int(span.parentSource)]
                            }
                            if count > 0, runs[count &- 1].isContinued(by: span) {
                                runs[count &- 1].length += span.length
                            } else {
                                runs.initializeElement(at: count, to: span)
                                count &+= 1
                            }
                        }
                        leaf = Int(tree.nextLeaves[leaf])
                    }
                }
            }
        }
        return (runs, text)
    }

    func forEachSpan(_ body: (Span, _ leaf: Int) -> Void) {
        var leaf = tree.firstLeaf
        while leaf >= 0 {
            for slot in 0..<Int(tree.leafCounts[leaf]) { body(tree[leaf, slot], leaf) }
            leaf = Int(tree.nextLeaves[leaf])
        }
    }
}

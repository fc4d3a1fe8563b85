// SPDX-License-Identifier: MIT

/// Writes the runs of a text source by source, in the order of their counters.
///
/// ``SavedRuns`` reads them.
///
/// Where a run begins is not written, because the runs of a source leave no gap. Each begins with a
/// byte. The two lowest bits of that say what the run is attached to:
///
/// - 0: to the right of the last scalar of the run before it.
/// - 1: to the left of the first scalar of the run before it.
/// - 2: to one of these two scalars of another run of its source. A number follows: the number of
///   runs between the two, twice, and one more for the right.
/// - 3: to anything else. A number follows: 0 for the root; otherwise three times the index of the
///   parent's source, and 1 for the left of the parent's first scalar, 2 for the right of its last
///   one, or 3 for the right of another one. Then, signed, the place of the parent among the runs
///   of its source, minus that of the last one of this source that a 3 referred to, or minus 0.
///   With 3 the place of the scalar in its run is last.
///
/// The next bit is set in a deleted run. The upper five are the length, or 0 if it is above 31.
/// Then the length minus 32 comes between the byte and what else follows.
struct RunEncoder {
    /// In document order.
    private let runs: [Span]
    /// For each run, the place of the one that it is attached to; −1 for the root, and for the run
    /// before it of its source.
    private let parents: [Int32]
    private let order: RunOrder
    /// The first byte, and four numbers.
    private static let longest = 1 + 4 * 5

    /// - Parameters:
    ///   - runs: All runs of a text, in document order.
    ///   - sourceCount: Above the numbers of all sources, which are in the order of the sources.
    init(_ runs: [Span], sourceCount: Int) {
        self.runs = runs
        parents = RunEncoder.parents(of: runs)
        order = RunOrder(runs, sourceCount: sourceCount)
    }

    func count(ofSource source: Int) -> Int { order.firsts[source + 1] - order.firsts[source] }

    // MARK: Parents

    /// Finds what each run is attached to in one pass, because runs nest in document order.
    private static func parents(of runs: [Span]) -> [Int32] {
        [Int32](unsafeUninitializedCapacity: runs.count) { parents, count in
            count = runs.count
            parents.initialize(repeating: -1)
            // From the front those to whose right something may still be attached, from behind
            // those that are attached to the left of something that is still to come.
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * runs.count) { stacks in
                var (open, waiting) = (0, stacks.count)
                for (place, run) in runs.enumerated() {
                    while waiting < stacks.count {
                        let child = Int(stacks[waiting])
                        guard runs[child].parentCounter == run.start,
                            runs[child].parentSource == run.source
                        else { break }
                        parents[child] = Int32(truncatingIfNeeded: place)
                        waiting &+= 1
                    }
                    if !run.isRight {
                        waiting &-= 1
                        stacks[waiting] = Int32(truncatingIfNeeded: place)
                    } else if run.parentSource != Span.noSource, !run.continuesItsSource {
                        let (source, counter) = (run.parentSource, run.parentCounter)
                        while open > 0, !runs[Int(stacks[open &- 1])].contains(source, counter) {
                            open &-= 1
                        }
                        precondition(open > 0, "a run is not where it belongs")
                        parents[place] = stacks[open &- 1]
                    }
                    stacks[open] = Int32(truncatingIfNeeded: place)
                    open &+= 1
                }
            }
        }
    }

    // MARK: Bytes

    func bytes() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: runs.count * RunEncoder.longest) { output, count in
            var referred = Array(repeating: 0, count: order.firsts.count)
            for source in 0..<order.firsts.count - 1 {
                for rank in order.firsts[source]..<order.firsts[source + 1] {
                    append(rank, &referred, to: output, &count)
                }
            }
        }
    }

    @inline(__always)
    private func append(
        _ rank: Int, _ referred: inout [Int], to output: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int
    ) {
        let place = Int(order.places[rank])
        let run = runs[place]
        let first = count
        count &+= 1
        var byte: UInt8 = run.isDeleted ? 4 : 0
        if run.length < 32 {
            byte |= UInt8(truncatingIfNeeded: run.length) &<< 3
        } else {
            append(run.length &- 32, to: output, &count)
        }
        if run.continuesItsSource {
            output[first] = byte
            return
        }
        guard parents[place] >= 0 else {
            output[first] = byte | 3
            return append(0, to: output, &count)
        }
        let parent = runs[Int(parents[place])]
        let parentRank = Int(order.ranks[Int(parents[place])])
        let isAtEnd = !run.isRight || run.parentCounter &+ 1 == parent.end
        let writer = Int(parent.source)
        if isAtEnd, parent.source == run.source {
            let between = rank &- 1 &- parentRank
            if between == 0 {
                output[first] = byte | (run.isRight ? 0 : 1)
            } else {
                output[first] = byte | 2
                append(between &<< 1 | (run.isRight ? 1 : 0), to: output, &count)
            }
            return
        }
        output[first] = byte | 3
        append(1 + writer * 3 + (run.isRight ? isAtEnd ? 1 : 2 : 0), to: output, &count)
        let number = parentRank - order.firsts[writer]
        let delta = number - referred[writer]
        append(delta &<< 1 ^ delta &>> 63, to: output, &count)
        referred[writer] = number
        if !isAtEnd { append(Int(run.parentCounter - parent.start), to: output, &count) }
    }

    @inline(__always)
    private func append(
        _ value: Int, to output: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        var value = UInt64(truncatingIfNeeded: value)
        while value >= 0x80 {
            output[count] = UInt8(truncatingIfNeeded: value) | 0x80
            count &+= 1
            value &>>= 7
        }
        output[count] = UInt8(truncatingIfNeeded: value)
        count &+= 1
    }
}

// SPDX-License-Identifier: MIT

/// Which scalars differ between two texts: the fewest, within a bound on the work.
///
/// What both have in common at the beginning and the end is set aside; the rest is compared by the
/// greedy algorithm of Myers, or counts as replaced where too much of it differs.
///
/// - SeeAlso: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
enum ScalarDiff {
    /// Scalars of the old text, and what comes in their place.
    struct Hunk {
        var old: Range<Int>
        var new: Range<Int>
        var text = ""
    }

    /// How many scalars may differ before all between the first and the last counts as replaced.
    static let mostDifferences = 256
    /// Fewer common scalars than these between two replacements are replaced with them: they are
    /// alike by chance.
    private static let fewestCommon = 3

    /// What makes the old text into the new one, in order.
    ///
    /// - Complexity: O((n + m) · d) for d scalars that differ, at most 256 of them.
    static func hunks(from old: [Unicode.Scalar], to new: [Unicode.Scalar]) -> [Hunk] {
        let start = zip(old, new).prefix { $0 == $1 }.count
        let room = min(old.count, new.count) - start
        let end = zip(old.reversed(), new.reversed()).prefix(room).prefix { $0 == $1 }.count
        let (a, b) = (old[start..<old.count - end], new[start..<new.count - end])
        guard !a.isEmpty || !b.isEmpty else { return [] }
        var hunks =
            a.isEmpty || b.isEmpty
            ? [Hunk(old: a.indices, new: b.indices)]
            : fewest(a, b) ?? [Hunk(old: a.indices, new: b.indices)]
        hunks = joined(hunks)
        for index in hunks.indices {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: new[hunks[index].new])
            hunks[index].text = String(text)
        }
        return hunks
    }

    private static func joined(_ hunks: [Hunk]) -> [Hunk] {
        var result: [Hunk] = []
        for hunk in hunks {
            if let last = result.last, hunk.old.lowerBound - last.old.upperBound < fewestCommon,
                !last.old.isEmpty, !last.new.isEmpty, !hunk.old.isEmpty, !hunk.new.isEmpty
            {
                result[result.count - 1] = Hunk(
                    old: last.old.lowerBound..<hunk.old.upperBound,
                    new: last.new.lowerBound..<hunk.new.upperBound)
            } else {
                result.append(hunk)
            }
        }
        return result
    }

    /// A shortest way from `a` to `b`; `nil` when it is too long.
    private static func fewest(
        _ a: ArraySlice<Unicode.Scalar>, _ b: ArraySlice<Unicode.Scalar>
    ) -> [Hunk]? {
        let limit = min(a.count + b.count, mostDifferences)
        // How far one gets in `a` on each diagonal, which is the place in `a` less that in `b`.
        var reach = [Int](repeating: 0, count: 2 * limit + 3)
        var trace: [[Int]] = []
        for edits in 0...limit {
            trace.append(reach)
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let place = diagonal + limit + 1
                var x = edits == 0 ? 0 : step(reach, place, diagonal, edits).x
                while x < a.count, x - diagonal < b.count,
                    a[a.startIndex + x] == b[b.startIndex + x - diagonal]
                {
                    x += 1
                }
                reach[place] = x
                if x >= a.count, x - diagonal >= b.count { return way(a, b, trace, limit) }
            }
        }
        return nil
    }

    /// How far one comes onto a diagonal from its neighbours, and whether by an insertion.
    private static func step(
        _ reach: [Int], _ place: Int, _ diagonal: Int, _ edits: Int
    ) -> (x: Int, isInsertion: Bool) {
        if diagonal == -edits || diagonal != edits && reach[place - 1] < reach[place + 1] {
            return (reach[place + 1], true)
        }
        return (reach[place - 1] + 1, false)
    }

    private static func way(
        _ a: ArraySlice<Unicode.Scalar>, _ b: ArraySlice<Unicode.Scalar>, _ trace: [[Int]],
        _ limit: Int
    ) -> [Hunk] {
        var hunks: [Hunk] = []
        var (x, y) = (a.count, b.count)
        for edits in stride(from: trace.count - 1, to: 0, by: -1) {
            let diagonal = x - y
            let (reached, isInsertion) = step(
                trace[edits], diagonal + limit + 1, diagonal, edits)
            // Behind the step there are common scalars only.
            let (endX, endY) = (reached, reached - diagonal)
            x = isInsertion ? endX : endX - 1
            y = isInsertion ? endY - 1 : endY
            let old = a.startIndex + x..<a.startIndex + endX
            let new = b.startIndex + y..<b.startIndex + endY
            if let last = hunks.last, last.old.lowerBound == old.upperBound,
                last.new.lowerBound == new.upperBound
            {
                hunks[hunks.count - 1] = Hunk(
                    old: old.lowerBound..<last.old.upperBound,
                    new: new.lowerBound..<last.new.upperBound)
            } else {
                hunks.append(Hunk(old: old, new: new))
            }
        }
        return hunks.reversed()
    }
}

// SPDX-License-Identifier: MIT

/// The fewest insertions and deletions that turn one sequence into another, by the greedy algorithm
/// of Myers.
///
/// - SeeAlso: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
enum MyersDiff {
    /// Elements of the old sequence that elements of the new one replace; either range may be
    /// empty.
    struct Hunk: Hashable {
        let old: Range<Int>
        let new: Range<Int>
    }

    /// The most elements that may differ before the search ends without a result.
    static let mostDifferences = 256

    /// How many elements two sequences share at the start and, of the rest, at the end.
    static func commonEnds<Elements: RandomAccessCollection>(
        _ a: Elements, _ b: Elements
    ) -> (start: Int, end: Int) where Elements.Element: Equatable, Elements.Index == Int {
        let most = min(a.count, b.count)
        var (start, end) = (0, 0)
        while start < most, a[a.startIndex + start] == b[b.startIndex + start] { start += 1 }
        while end < most - start, a[a.endIndex - 1 - end] == b[b.endIndex - 1 - end] { end += 1 }
        return (start, end)
    }

    /// A shortest way from `a` to `b`, in order, with common elements between its hunks; `nil` when
    /// more than ``mostDifferences`` elements differ.
    ///
    /// - Complexity: O((n + m) · d) for d elements that differ.
    static func hunks<Element: Equatable>(
        from a: ArraySlice<Element>, to b: ArraySlice<Element>
    ) -> [Hunk]? {
        let limit = min(a.count + b.count, mostDifferences)
        // How far each diagonal has been followed in `a`. The number of a diagonal is the offset in
        // `a` minus the offset in `b`.
        var reach = [Int](repeating: 0, count: 2 * limit + 3)
        // For each number of edits, `reach` on the diagonals that so many edits lead to.
        var trace: [[Int]] = []
        for edits in 0...limit {
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let place = diagonal + limit + 1
                var x = edits == 0 ? 0 : step(reach, place, diagonal, edits).x
                while x < a.count, x - diagonal < b.count,
                    a[a.startIndex + x] == b[b.startIndex + x - diagonal]
                {
                    x += 1
                }
                reach[place] = x
                if x >= a.count, x - diagonal >= b.count { return hunks(a, b, trace) }
            }
            trace.append(Array(reach[(limit + 1 - edits)...(limit + 1 + edits)]))
        }
        return nil
    }

    /// How far a step from a neighbouring diagonal leads, and whether the step is an insertion.
    private static func step(
        _ reach: [Int], _ place: Int, _ diagonal: Int, _ edits: Int
    ) -> (x: Int, isInsertion: Bool) {
        if diagonal == -edits || diagonal != edits && reach[place - 1] < reach[place + 1] {
            return (reach[place + 1], true)
        }
        return (reach[place - 1] + 1, false)
    }

    /// Walks the path back and collects its steps.
    private static func hunks<Element>(
        _ a: ArraySlice<Element>, _ b: ArraySlice<Element>, _ trace: [[Int]]
    ) -> [Hunk] {
        var hunks: [Hunk] = []
        var (x, y) = (a.count, b.count)
        for edits in stride(from: trace.count, to: 0, by: -1) {
            let diagonal = x - y
            // The trace of a round begins with the diagonal 1 - edits.
            let (endX, isInsertion) = step(
                trace[edits - 1], diagonal + edits - 1, diagonal, edits)
            let endY = endX - diagonal
            (x, y) = isInsertion ? (endX, endY - 1) : (endX - 1, endY)
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

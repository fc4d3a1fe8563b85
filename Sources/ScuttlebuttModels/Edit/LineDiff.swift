// SPDX-License-Identifier: MIT

/// Which lines differ between two texts: the fewest, within a bound on the work.
///
/// What both have in common at the beginning and the end is set aside. The rest is compared by the
/// greedy algorithm of Myers as long as few lines differ, which is nearly always. Where many
/// differ, lines that occur once in both texts are taken as fixed points and only what lies between
/// them is compared; where that too differs too much, it counts as replaced.
///
/// - SeeAlso: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
struct LineDiff {
    /// Lines of the old text that lines of the new text replace; either range may be empty.
    struct Hunk: Hashable {
        let old: Range<Int>
        let new: Range<Int>
    }

    /// How many lines may differ before fixed points are looked for.
    static let mostDifferences = 256

    private let old: [Int]
    private let new: [Int]
    private var isRemoved: [Bool]
    private var isAdded: [Bool]

    /// The hunks that make the old lines into the new ones, in order and with common lines between.
    ///
    /// - Complexity: O((*n* + *m*) · d) for d lines that differ, at most 256 of them, and O(*n* log
    ///   *n*) for the fixed points.
    static func hunks(from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) -> [Hunk] {
        // Lines become numbers, so that they are compared at once.
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            let next = numbers.count
            return { (known: inout Int) -> Int in
                if known < 0 { known = next }
                return known
            }(&numbers[line, default: -1])
        }
        let start = zip(old, new).prefix { $0 == $1 }.count
        let room = min(old.count, new.count) - start
        let end = zip(old.reversed(), new.reversed()).prefix(room).prefix { $0 == $1 }.count
        var diff = LineDiff(
            old: old[start..<(old.count - end)].map(number),
            new: new[start..<(new.count - end)].map(number))
        diff.compare(diff.old.indices, diff.new.indices, mayUseFixedPoints: true)
        return diff.collected(offset: start)
    }

    private init(old: [Int], new: [Int]) {
        (self.old, self.new) = (old, new)
        isRemoved = Array(repeating: false, count: old.count)
        isAdded = Array(repeating: false, count: new.count)
    }

    private func collected(offset: Int) -> [Hunk] {
        var hunks: [Hunk] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            let (firstOld, firstNew) = (i, j)
            while i < old.count, isRemoved[i] { i += 1 }
            while j < new.count, isAdded[j] { j += 1 }
            if i > firstOld || j > firstNew {
                hunks.append(
                    Hunk(
                        old: (firstOld + offset)..<(i + offset),
                        new: (firstNew + offset)..<(j + offset)))
            }
            // Here both stand at a common line, or at the end.
            i += 1
            j += 1
        }
        return hunks
    }

    private mutating func compare(_ a: Range<Int>, _ b: Range<Int>, mayUseFixedPoints: Bool) {
        var (a, b) = (a, b)
        while let x = a.first, let y = b.first, old[x] == new[y] {
            (a, b) = (a.dropFirst(), b.dropFirst())
        }
        while let x = a.last, let y = b.last, old[x] == new[y] {
            (a, b) = (a.dropLast(), b.dropLast())
        }
        if !a.isEmpty, !b.isEmpty {
            if markFewest(a, b) { return }
            let points = mayUseFixedPoints ? fixedPoints(a, b) : []
            if !points.isEmpty { return compare(a, b, between: points) }
        }
        for index in a { isRemoved[index] = true }
        for index in b { isAdded[index] = true }
    }

    private mutating func compare(
        _ a: Range<Int>, _ b: Range<Int>, between points: [(old: Int, new: Int)]
    ) {
        var (x, y) = (a.lowerBound, b.lowerBound)
        for point in points + [(a.upperBound, b.upperBound)] {
            compare(x..<point.old, y..<point.new, mayUseFixedPoints: false)
            (x, y) = (point.old + 1, point.new + 1)
        }
    }
}

// The algorithm of Myers.
extension LineDiff {
    /// Marks a shortest way from `a` to `b`; `false`, and nothing is marked, when it is too long.
    private mutating func markFewest(_ a: Range<Int>, _ b: Range<Int>) -> Bool {
        let limit = min(a.count + b.count, Self.mostDifferences)
        // How far one gets on each diagonal; a diagonal is the place in `a` less that in `b`.
        var reach = [Int](repeating: 0, count: 2 * limit + 3)
        var trace: [ArraySlice<Int>] = []
        for edits in 0...limit {
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let place = diagonal + limit + 1
                var x = step(reach, place, diagonal, edits).x
                var y = x - diagonal
                while x < a.count, y < b.count,
                    old[a.lowerBound + x] == new[b.lowerBound + y]
                {
                    x += 1
                    y += 1
                }
                reach[place] = x
                if x >= a.count, y >= b.count {
                    markWay(a, b, trace, limit)
                    return true
                }
            }
            trace.append(Array(reach[(limit + 1 - edits)...(limit + 1 + edits)])[...])
        }
        return false
    }

    /// From which diagonal one gets furthest onto this one.
    private func step(
        _ reach: [Int], _ place: Int, _ diagonal: Int, _ edits: Int
    ) -> (x: Int, isInsertion: Bool) {
        if edits == 0 { return (0, true) }
        let isInsertion =
            diagonal == -edits
            || (diagonal != edits && reach[place - 1] < reach[place + 1])
        return isInsertion ? (reach[place + 1], true) : (reach[place - 1] + 1, false)
    }

    /// Walks back and marks each step that is no common line.
    private mutating func markWay(
        _ a: Range<Int>, _ b: Range<Int>, _ trace: [ArraySlice<Int>], _ limit: Int
    ) {
        var (x, y) = (a.count, b.count)
        for edits in stride(from: trace.count, to: 0, by: -1) {
            let diagonal = x - y
            let before = Array(trace[edits - 1])
            // Diagonal -(edits - 1) stands first in `before`.
            func reach(_ diagonal: Int) -> Int {
                let place = diagonal + edits - 1
                return before.indices.contains(place) ? before[place] : -1
            }
            let isInsertion =
                diagonal == -edits
                || (diagonal != edits && reach(diagonal - 1) < reach(diagonal + 1))
            if isInsertion {
                x = reach(diagonal + 1)
                y = x - diagonal - 1
                isAdded[b.lowerBound + y] = true
            } else {
                x = reach(diagonal - 1)
                y = x - diagonal + 1
                isRemoved[a.lowerBound + x] = true
            }
        }
    }
}

// Fixed points.
extension LineDiff {
    /// The longest ascending row of lines that occur once in both.
    private func fixedPoints(_ a: Range<Int>, _ b: Range<Int>) -> [(old: Int, new: Int)] {
        var places: [Int: (old: Int, new: Int, count: Int)] = [:]
        for index in a { places[old[index], default: (index, 0, 0)].count += 1 }
        for index in b {
            guard let place = places[new[index]] else { continue }
            // A thousand marks that the line was seen in `b`.
            places[new[index]] = (place.old, index, place.count + 1_000)
        }
        let pairs: [(old: Int, new: Int)] = a.compactMap { index in
            guard let place = places[old[index]], place.count == 1_001 else { return nil }
            return (index, place.new)
        }
        // Patience sorting: `tails[n]` ends the row of n + 1 pairs whose end is smallest.
        var tails: [Int] = []
        var previous = [Int?](repeating: nil, count: pairs.count)
        for (index, pair) in pairs.enumerated() {
            var (low, high) = (0, tails.count)
            while low < high {
                let middle = (low + high) / 2
                if pairs[tails[middle]].new < pair.new { low = middle + 1 } else { high = middle }
            }
            if low > 0 { previous[index] = tails[low - 1] }
            if low < tails.count { tails[low] = index } else { tails.append(index) }
        }
        var row: [(old: Int, new: Int)] = []
        var next = tails.last
        while let index = next {
            row.append(pairs[index])
            next = previous[index]
        }
        return row.reversed()
    }
}

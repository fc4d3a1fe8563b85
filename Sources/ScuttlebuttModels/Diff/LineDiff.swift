// SPDX-License-Identifier: MIT

/// Finds the lines that differ between two texts: the fewest, within a bound on the work.
///
/// The common start and end are set aside. ``MyersDiff`` compares the rest if few lines differ,
/// which is nearly always. If many differ, lines that occur once in both texts become fixed points,
/// and only what lies between them is compared. If that also differs too much, it counts as
/// replaced.
struct LineDiff {
    private let old: [Int]
    private let new: [Int]
    private var isRemoved: [Bool]
    private var isAdded: [Bool]

    /// The hunks that turn the old lines into the new ones, in order, with common lines between
    /// them.
    ///
    /// - Complexity: O((*n* + *m*) · d) for d lines that differ, at most 256 of them, and O(*n* log
    ///   *n*) for the fixed points.
    static func hunks(from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) -> [MyersDiff
        .Hunk]
    {
        // Lines become numbers, so that each comparison takes constant time.
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            let next = numbers.count
            return { (known: inout Int) -> Int in
                if known < 0 { known = next }
                return known
            }(&numbers[line, default: -1])
        }
        let (start, end) = MyersDiff.commonEnds(old, new)
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

    private func collected(offset: Int) -> [MyersDiff.Hunk] {
        var hunks: [MyersDiff.Hunk] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            let (firstOld, firstNew) = (i, j)
            while i < old.count, isRemoved[i] { i += 1 }
            while j < new.count, isAdded[j] { j += 1 }
            if i > firstOld || j > firstNew {
                hunks.append(
                    MyersDiff.Hunk(
                        old: (firstOld + offset)..<(i + offset),
                        new: (firstNew + offset)..<(j + offset)))
            }
            // Both indexes are now at a common line, or at the end.
            i += 1
            j += 1
        }
        return hunks
    }

    private mutating func compare(_ a: Range<Int>, _ b: Range<Int>, mayUseFixedPoints: Bool) {
        let (start, end) = MyersDiff.commonEnds(old[a], new[b])
        let a = (a.lowerBound + start)..<(a.upperBound - end)
        let b = (b.lowerBound + start)..<(b.upperBound - end)
        if !a.isEmpty, !b.isEmpty {
            if let hunks = MyersDiff.hunks(from: old[a], to: new[b]) {
                for hunk in hunks { mark(hunk.old, hunk.new) }
                return
            }
            let points = mayUseFixedPoints ? fixedPoints(a, b) : []
            if !points.isEmpty { return compare(a, b, between: points) }
        }
        mark(a, b)
    }

    private mutating func mark(_ removed: Range<Int>, _ added: Range<Int>) {
        for index in removed { isRemoved[index] = true }
        for index in added { isAdded[index] = true }
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

// Fixed points.
extension LineDiff {
    /// The longest ascending sequence of lines that occur once in both texts.
    private func fixedPoints(_ a: Range<Int>, _ b: Range<Int>) -> [(old: Int, new: Int)] {
        var places: [Int: (old: Int, new: Int, count: Int)] = [:]
        for index in a { places[old[index], default: (index, 0, 0)].count += 1 }
        for index in b {
            guard let place = places[new[index]] else { continue }
            // Adding a thousand marks that the line occurs in `b`.
            places[new[index]] = (place.old, index, place.count + 1_000)
        }
        let pairs: [(old: Int, new: Int)] = a.compactMap { index in
            guard let place = places[old[index]], place.count == 1_001 else { return nil }
            return (index, place.new)
        }
        // Patience sorting: `tails[n]` ends the sequence of n + 1 pairs with the smallest end.
        var tails: [Int] = []
        var previous = [Int?](repeating: nil, count: pairs.count)
        for (index, pair) in pairs.enumerated() {
            let place = tails.partitioningIndex { pairs[$0].new >= pair.new }
            if place > 0 { previous[index] = tails[place - 1] }
            if place < tails.count { tails[place] = index } else { tails.append(index) }
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

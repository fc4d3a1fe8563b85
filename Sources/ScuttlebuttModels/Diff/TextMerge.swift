// SPDX-License-Identifier: MIT

/// Merges two texts that were made from one: line by line, and within lines that both changed
/// scalar by scalar.
///
/// What only one side changed is as that side has it. Lines that both inserted at one place all
/// stay, *theirs* first. Nothing that only they inserted is ever lost.
struct TextMerge {
    /// What to do where both replaced the same thing.
    enum Conflict {
        /// Keep what both put there.
        case keepBoth
        /// Keep only what they put there, as an undo does.
        case keepTheirs
    }

    private let conflict: Conflict

    /// The text with the changes from `base` to `ours` and to `theirs`.
    ///
    /// - Complexity: O((n + m) · d) for d lines that differ, as ``LineDiff``, and the same for the
    ///   scalars of lines that both changed.
    static func merged(
        base: [UInt8], ours: [UInt8], theirs: [UInt8], _ conflict: Conflict
    ) -> [UInt8] {
        if base == theirs || ours == theirs { return ours }
        if base == ours { return theirs }
        let lines = TextMerge(conflict: conflict)
            .lines(TextLines.cut(base), TextLines.cut(ours), TextLines.cut(theirs))
        return Array(lines.joined(separator: CollectionOfOne(0x0A)))
    }

    private typealias Lines = [ArraySlice<UInt8>]

    /// The changes of both sides at one place, as ranges of lines.
    private struct Place {
        var base: Range<Int>
        var ours: Range<Int>
        var theirs: Range<Int>
        var isOurs: Bool
        var isTheirs: Bool
    }

    private func lines(_ base: Lines, _ ours: Lines, _ theirs: Lines) -> Lines {
        let places = Self.places(
            LineDiff.hunks(from: base, to: ours), LineDiff.hunks(from: base, to: theirs))
        var result: Lines = []
        var next = 0
        for place in places {
            result += base[next..<place.base.lowerBound]
            next = place.base.upperBound
            if !place.isTheirs {
                result += ours[place.ours]
            } else if !place.isOurs {
                result += theirs[place.theirs]
            } else {
                result += both(base[place.base], ours[place.ours], theirs[place.theirs])
            }
        }
        return result + base[next...]
    }

    /// Lines that both sides changed.
    private func both(
        _ base: ArraySlice<ArraySlice<UInt8>>, _ ours: ArraySlice<ArraySlice<UInt8>>,
        _ theirs: ArraySlice<ArraySlice<UInt8>>
    ) -> Lines {
        if ours == theirs { return Array(ours) }
        // An empty line that both replaced is a place at which both appended.
        if base.allSatisfy(\.isEmpty), !ours.isEmpty, !theirs.isEmpty {
            return (theirs + ours).filter { !$0.isEmpty }
        }
        func scalars(_ lines: ArraySlice<ArraySlice<UInt8>>) -> [Unicode.Scalar] {
            let bytes = Array(lines.joined(separator: CollectionOfOne(0x0A)))
            return Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        }
        // An absent line differs from an empty one.
        if base.isEmpty || ours.isEmpty || theirs.isEmpty {
            return base.isEmpty ? Array(theirs + ours) : absent(base, ours, theirs)
        }
        let merged = self.scalars(scalars(base), scalars(ours), scalars(theirs))
        var view = String.UnicodeScalarView()
        view.append(contentsOf: merged)
        return TextLines.cut(Array(String(view).utf8))
    }

    /// One side removed the lines that the other one changed: the change stays, except that an undo
    /// does not bring back what others removed.
    private func absent(
        _ base: ArraySlice<ArraySlice<UInt8>>, _ ours: ArraySlice<ArraySlice<UInt8>>,
        _ theirs: ArraySlice<ArraySlice<UInt8>>
    ) -> Lines {
        theirs.isEmpty && conflict == .keepBoth ? Array(ours) : Array(theirs)
    }

    // MARK: Scalars

    private func scalars(
        _ base: [Unicode.Scalar], _ ours: [Unicode.Scalar], _ theirs: [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        let (own, other) = (
            Self.coarse(ScalarDiff.hunks(from: base, to: ours)),
            Self.coarse(ScalarDiff.hunks(from: base, to: theirs))
        )
        var isGone = Array(repeating: false, count: base.count)
        var inserted: [Int: (theirs: [Unicode.Scalar], ours: [Unicode.Scalar])] = [:]
        for hunk in other {
            for index in hunk.old { isGone[index] = true }
            inserted[hunk.old.lowerBound, default: ([], [])].theirs += theirs[hunk.new]
        }
        for hunk in own {
            let isTaken = hunk.old.contains { isGone[$0] }
            if conflict == .keepTheirs, isTaken, !hunk.new.isEmpty { continue }
            for index in hunk.old { isGone[index] = true }
            let text = ours[hunk.new]
            // What both inserted alike is one insertion.
            if inserted[hunk.old.lowerBound]?.theirs.elementsEqual(text) == true { continue }
            inserted[hunk.old.lowerBound, default: ([], [])].ours += text
        }
        var result: [Unicode.Scalar] = []
        for index in 0...base.count {
            if let text = inserted[index] { result += text.theirs + text.ours }
            if index < base.count, !isGone[index] { result.append(base[index]) }
        }
        return result
    }

    /// Makes one of changes that have only a scalar or two between them.
    ///
    /// So few match by chance: they belong to what was inserted around them, and must not be taken
    /// out of it because the other side deleted them.
    private static func coarse(_ hunks: [MyersDiff.Hunk]) -> [MyersDiff.Hunk] {
        var result: [MyersDiff.Hunk] = []
        for hunk in hunks {
            if let last = result.last, hunk.old.lowerBound - last.old.upperBound < 3,
                !last.new.isEmpty || !hunk.new.isEmpty
            {
                result[result.count - 1] = MyersDiff.Hunk(
                    old: last.old.lowerBound..<hunk.old.upperBound,
                    new: last.new.lowerBound..<hunk.new.upperBound)
            } else {
                result.append(hunk)
            }
        }
        return result
    }

    // MARK: Places

    /// Combines the changes of both sides where they overlap or touch the same lines.
    private static func places(
        _ ours: [MyersDiff.Hunk], _ theirs: [MyersDiff.Hunk]
    ) -> [Place] {
        var result: [Place] = []
        // How much longer each side's text is than the base, before the next hunk.
        var (ownShift, otherShift) = (0, 0)
        var (i, j) = (0, 0)
        while i < ours.count || j < theirs.count {
            var isOurs = j == theirs.count
            if i < ours.count, j < theirs.count {
                // An insertion comes before a change of the line behind it.
                let (own, other) = (ours[i].old, theirs[j].old)
                isOurs =
                    (own.lowerBound, own.upperBound) <= (other.lowerBound, other.upperBound)
            }
            var base = isOurs ? ours[i].old : theirs[j].old
            let (firstOwn, firstOther) = (i, j)
            if isOurs { i += 1 } else { j += 1 }
            while true {
                if i < ours.count, overlap(base, ours[i].old) {
                    base = union(base, ours[i].old)
                    i += 1
                } else if j < theirs.count, overlap(base, theirs[j].old) {
                    base = union(base, theirs[j].old)
                    j += 1
                } else {
                    break
                }
            }
            let ownGrowth = growth(ours[firstOwn..<i])
            let otherGrowth = growth(theirs[firstOther..<j])
            result.append(
                Place(
                    base: base,
                    ours: (base.lowerBound + ownShift)..<(base.upperBound + ownShift + ownGrowth),
                    theirs: (base.lowerBound + otherShift)..<(base.upperBound + otherShift
                        + otherGrowth),
                    isOurs: i > firstOwn, isTheirs: j > firstOther))
            ownShift += ownGrowth
            otherShift += otherGrowth
        }
        return result
    }

    /// Whether two ranges share lines, or insert at the same place.
    private static func overlap(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left == right || left.overlaps(right)
            || left.isEmpty && right.lowerBound < left.lowerBound
                && left.lowerBound < right.upperBound
            || right.isEmpty && left.lowerBound < right.lowerBound
                && right.lowerBound < left.upperBound
    }

    private static func union(_ left: Range<Int>, _ right: Range<Int>) -> Range<Int> {
        min(left.lowerBound, right.lowerBound)..<max(left.upperBound, right.upperBound)
    }

    private static func growth(_ hunks: ArraySlice<MyersDiff.Hunk>) -> Int {
        hunks.reduce(0) { $0 + $1.new.count - $1.old.count }
    }
}

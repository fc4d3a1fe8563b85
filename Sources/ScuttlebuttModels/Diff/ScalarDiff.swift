// SPDX-License-Identifier: MIT

/// Finds the scalars that differ between two texts: the fewest, within a bound on the work.
///
/// The common start and end are set aside and ``MyersDiff`` compares the rest. If too much of it
/// differs, all of it counts as replaced.
enum ScalarDiff {
    /// Replacements with fewer common scalars than these between them become one, because so few
    /// match only by chance.
    private static let fewestCommon = 3

    /// The hunks that turn the old text into the new one, in order.
    ///
    /// - Complexity: O((n + m) · d) for d scalars that differ, at most 256 of them.
    static func hunks(
        from old: [Unicode.Scalar], to new: [Unicode.Scalar]
    ) -> [MyersDiff.Hunk] {
        let (start, end) = MyersDiff.commonEnds(old, new)
        let (a, b) = (old[start..<old.count - end], new[start..<new.count - end])
        guard !a.isEmpty || !b.isEmpty else { return [] }
        let whole = [MyersDiff.Hunk(old: a.indices, new: b.indices)]
        return a.isEmpty || b.isEmpty ? whole : joined(MyersDiff.hunks(from: a, to: b) ?? whole)
    }

    private static func joined(_ hunks: [MyersDiff.Hunk]) -> [MyersDiff.Hunk] {
        var result: [MyersDiff.Hunk] = []
        for hunk in hunks {
            if let last = result.last, hunk.old.lowerBound - last.old.upperBound < fewestCommon,
                !last.old.isEmpty, !last.new.isEmpty, !hunk.old.isEmpty, !hunk.new.isEmpty
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
}

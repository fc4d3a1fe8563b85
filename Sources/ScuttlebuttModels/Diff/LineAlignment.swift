// SPDX-License-Identifier: MIT

/// Decides which new lines replace which old lines: the most similar ones, in order.
///
/// A replaced line keeps its sort key, so that cursors and concurrent edits still find it.
enum LineAlignment {
    /// The most pairs of lines to compare; beyond that, lines are paired in sequence.
    static let mostPairs = 4_096

    /// Pairs of indexes in ascending order.
    ///
    /// An old line without a new one is removed; a new line without an old one is inserted.
    ///
    /// - Complexity: O(k · m) comparisons of lines, at most 4,096, or O(k + m).
    static func pairs(
        _ old: ArraySlice<ArraySlice<UInt8>>, _ new: ArraySlice<ArraySlice<UInt8>>
    ) -> [(old: Int?, new: Int?)] {
        let shared = min(old.count, new.count)
        guard shared > 0, old.count != 1 || new.count != 1, old.count * new.count <= mostPairs
        else {
            return (0..<shared).map { (old.startIndex + $0, new.startIndex + $0) }
                + old.indices.dropFirst(shared).map { ($0, nil) }
                + new.indices.dropFirst(shared).map { (nil, $0) }
        }
        // `best[i][j]` is the best total similarity of the lines from `i` and `j` on.
        var best = Array(
            repeating: [Int](repeating: 0, count: new.count + 1), count: old.count + 1)
        var alike = best
        for i in stride(from: old.count - 1, through: 0, by: -1) {
            for j in stride(from: new.count - 1, through: 0, by: -1) {
                alike[i][j] = likeness(old[old.startIndex + i], new[new.startIndex + j])
                best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + alike[i][j])
            }
        }
        var result: [(old: Int?, new: Int?)] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            let (x, y) = (old.startIndex + i, new.startIndex + j)
            if i < old.count, j < new.count, best[i][j] == best[i + 1][j + 1] + alike[i][j] {
                result.append((x, y))
                (i, j) = (i + 1, j + 1)
            } else if i < old.count, j == new.count || best[i][j] == best[i + 1][j] {
                result.append((x, nil))
                i += 1
            } else {
                result.append((nil, y))
                j += 1
            }
        }
        return result
    }

    /// One more than twice the bytes in common at the start and the end, so that lines with nothing
    /// in common are paired only as a last resort.
    private static func likeness(_ old: ArraySlice<UInt8>, _ new: ArraySlice<UInt8>) -> Int {
        let (start, end) = MyersDiff.commonEnds(old, new)
        // All lines end in a line feed, so it does not make two lines similar.
        let isLineFeed = end > 0 && old.last == 0x0A
        return 1 + 2 * (start + end - (isLineFeed ? 1 : 0))
    }
}

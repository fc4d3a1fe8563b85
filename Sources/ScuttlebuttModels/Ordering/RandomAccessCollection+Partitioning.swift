// SPDX-License-Identifier: MIT

extension RandomAccessCollection where Index == Int {
    /// The first index whose element satisfies a condition, or the end.
    ///
    /// - Precondition: All elements that do not satisfy it come before all that do.
    /// - Complexity: O(log *n*).
    func partitioningIndex(where isInSecondPart: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isInSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

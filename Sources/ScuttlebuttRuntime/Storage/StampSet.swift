// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// The set of stamps of the updates in a log; see ``StampRun``.
package struct StampSet: Sendable {
    private var indexes: [Source: Int] = [:]
    private var runs: [StampRun] = []

    package init() {}

    /// Adds a stamp.
    ///
    /// - Complexity: As ``StampRun/add(_:)``.
    package mutating func add(_ stamp: Stamp) -> StampRun.Addition {
        let index = indexes[stamp.source] ?? runs.count
        if index == runs.count {
            indexes[stamp.source] = index
            runs.append(StampRun())
        }
        return runs[index].add(stamp.timestamp)
    }

    /// Returns whether a stamp is present.
    ///
    /// - Complexity: O(log n).
    package func contains(_ stamp: Stamp) -> Bool {
        guard let index = indexes[stamp.source] else { return false }
        return runs[index].contains(stamp.timestamp)
    }
}

// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// Which updates of one source a log has.
///
/// Updates mostly come ascending, and then one costs 8 bytes here. Older ones come behind newer
/// ones when own updates of an earlier life come home after new ones were written.
package struct StampRun: Sendable {
    /// What adding a timestamp did.
    package enum Addition: Sendable {
        /// It is the newest of its source now.
        case newest
        /// It is new, though older than the newest.
        case late
        /// It was there already, and nothing changed.
        case known
    }

    /// Each is greater than all that came before it.
    private var ascending: [Timestamp] = []
    private var late: Set<Timestamp> = []

    package init() {}

    /// Adds a timestamp.
    ///
    /// - Complexity: O(1) amortised for the newest, else O(log n).
    package mutating func add(_ timestamp: Timestamp) -> Addition {
        guard let last = ascending.last, timestamp <= last else {
            ascending.append(timestamp)
            return .newest
        }
        guard !isAscending(timestamp), late.insert(timestamp).inserted else { return .known }
        return .late
    }

    /// Whether a timestamp was added.
    ///
    /// - Complexity: O(log n).
    package func contains(_ timestamp: Timestamp) -> Bool {
        isAscending(timestamp) || late.contains(timestamp)
    }

    private func isAscending(_ timestamp: Timestamp) -> Bool {
        var (low, high) = (0, ascending.count)
        while low < high {
            let middle = (low + high) / 2
            if ascending[middle] < timestamp { low = middle + 1 } else { high = middle }
        }
        return low < ascending.count && ascending[low] == timestamp
    }
}

/// Which updates a log has; see ``StampRun``.
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

    /// Whether a stamp was added.
    ///
    /// - Complexity: O(log n).
    package func contains(_ stamp: Stamp) -> Bool {
        guard let index = indexes[stamp.source] else { return false }
        return runs[index].contains(stamp.timestamp)
    }
}

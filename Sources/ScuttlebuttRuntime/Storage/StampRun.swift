// SPDX-License-Identifier: MIT

package import Scuttlebutt

/// The set of timestamps a log has of one source.
///
/// Timestamps usually arrive in ascending order, in which case each costs 8 bytes. Older ones
/// arrive after newer ones if own updates come back from peers after a store was lost.
package struct StampRun: Sendable {
    /// The result of adding a timestamp.
    package enum Addition: Sendable {
        /// It is now the newest one.
        case newest
        /// It was added, but is older than the newest one.
        case late
        /// It was already present.
        case known
    }

    /// The timestamps that were greater than all earlier ones when added.
    private var ascending: [Timestamp] = []
    private var late: Set<Timestamp> = []

    package init() {}

    /// Adds a timestamp.
    ///
    /// - Complexity: Amortised O(1) for the newest, otherwise O(log n).
    package mutating func add(_ timestamp: Timestamp) -> Addition {
        guard let last = ascending.last, timestamp <= last else {
            ascending.append(timestamp)
            return .newest
        }
        guard !isAscending(timestamp), late.insert(timestamp).inserted else { return .known }
        return .late
    }

    /// Returns whether a timestamp is present.
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

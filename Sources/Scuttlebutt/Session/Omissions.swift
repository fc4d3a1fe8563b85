// SPDX-License-Identifier: MIT

/// The updates that a replica keeps and sends to nobody, because some peer does not take them.
struct Omissions: Sendable {
    /// Ascending.
    private var stamps: [Stamp] = []

    var isEmpty: Bool { stamps.isEmpty }

    /// - Complexity: O(log n).
    func contains(_ stamp: Stamp) -> Bool {
        guard !stamps.isEmpty else { return false }
        let place = place(of: stamp)
        return place < stamps.count && stamps[place] == stamp
    }

    /// - Complexity: O(n).
    mutating func insert(_ stamp: Stamp) {
        if !contains(stamp) { stamps.insert(stamp, at: place(of: stamp)) }
    }

    /// - Complexity: O(n).
    mutating func remove(_ stamp: Stamp) {
        if contains(stamp) { stamps.remove(at: place(of: stamp)) }
    }

    /// How many of them a source has after a timestamp; `nil` is before all.
    func count(of source: Source, after timestamp: Timestamp?) -> Int {
        stamps.count { stamp in
            stamp.source == source && timestamp.map { $0 < stamp.timestamp } ?? true
        }
    }

    /// Those of which a peer that has this says that it has the very update, and nothing later of
    /// its source.
    func ends(of vector: VersionVector) -> [Stamp] {
        stamps.filter { vector[$0.source] == $0.timestamp }
    }

    private func place(of stamp: Stamp) -> Int {
        var (low, high) = (0, stamps.count)
        while low < high {
            let middle = (low + high) / 2
            if stamps[middle] < stamp { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

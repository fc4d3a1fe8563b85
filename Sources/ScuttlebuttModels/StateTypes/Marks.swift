// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The latest write of each source about one thing, and whether somebody has taken it back.
///
/// There is one mark per source, and the marks of a source are ordered by (timestamp, taken back).
/// That is a semilattice, so marks may arrive in any order and repeatedly, and may be merged. A
/// source has seen its own earlier marks, so a newer mark replaces them, and the size is that of
/// the number of writers. The set of *live* marks is what an observed-remove tag set would contain.
///
/// Marks that were taken back are kept until compaction; otherwise a late duplicate of what they
/// took back would count again.
struct Marks<Value: Codable & Equatable & Sendable>: Equatable, Sendable {
    /// One mark per source, ordered by source.
    private(set) var marks: [Mark<Value>] = []

    var isEmpty: Bool { marks.isEmpty }
    var hasLive: Bool { marks.contains { $0.isLive } }
    var live: some Sequence<Mark<Value>> { marks.lazy.filter { $0.isLive } }
    /// The stamps that an operation must carry to take back everything that is live here.
    var observed: ObservedStamps { ObservedStamps(live.map(\.stamp)) }

    /// Adds a live mark.
    ///
    /// - Complexity: O(sources).
    mutating func add(_ value: Value, at stamp: Stamp) {
        insert(Mark(stamp: stamp, value: value))
    }

    /// Takes back what was observed, including what has not arrived yet.
    ///
    /// - Complexity: O(n · sources).
    mutating func remove(
        _ observed: ObservedStamps, at stamp: Stamp, behind horizon: CompactionHorizon
    ) {
        for seen in observed.seen(before: stamp) {
            insert(Mark(stamp: seen, value: nil))
        }
        compact(horizon)
    }

    /// Drops what was taken back before the horizon, which nothing can refer to any more.
    mutating func compact(_ horizon: CompactionHorizon) {
        guard horizon.stamp != nil else { return }
        marks.removeAll { !$0.isLive && horizon.covers($0.stamp) }
    }

    /// Joins the marks of another replica; each side has its own horizon.
    ///
    /// If the other side lacks a mark that its horizon covers, the mark was taken back there.
    mutating func merge(
        _ other: Marks, behind horizon: CompactionHorizon, and otherHorizon: CompactionHorizon
    ) {
        let own = self
        marks.removeAll { mark in
            otherHorizon.covers(mark.stamp) && other.mark(of: mark.stamp.source) == nil
        }
        for mark in other.marks {
            let isKnown = own.mark(of: mark.stamp.source) != nil
            if isKnown || !horizon.covers(mark.stamp) { insert(mark) }
        }
        compact(horizon)
        compact(otherHorizon)
    }

    private func mark(of source: Source) -> Mark<Value>? {
        let index = place(of: source)
        return index < marks.count && marks[index].stamp.source == source ? marks[index] : nil
    }

    private mutating func insert(_ mark: Mark<Value>) {
        let index = place(of: mark.stamp.source)
        if index == marks.count || marks[index].stamp.source != mark.stamp.source {
            marks.insert(mark, at: index)
        } else if mark.isAbove(marks[index]) {
            marks[index] = mark
        }
    }

    /// The index of a source's mark, or the index for it.
    private func place(of source: Source) -> Int {
        marks.partitioningIndex { !($0.stamp.source < source) }
    }
}

/// Marks without a value.
typealias Tags = Marks<Bool>

extension Tags {
    mutating func add(at stamp: Stamp) { add(true, at: stamp) }
}

extension Marks: Codable {
    init(from decoder: any Decoder) throws {
        for mark in try [Mark<Value>](from: decoder) { insert(mark) }
    }

    func encode(to encoder: any Encoder) throws { try marks.encode(to: encoder) }
}

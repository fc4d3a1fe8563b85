// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

/// The obvious history: a list that is sorted and folded from scratch whenever it is asked.
struct HistoryModel {
    struct Item {
        var anchor: Stamp?
        var localSequence: Int
        var action: Int?
    }

    var items: [Item] = []
    var failEvery: Int?
    private(set) var newest: Stamp?
    private var seen: Set<Stamp> = []
    private var localCount = 0

    init(failEvery: Int?) { self.failEvery = failEvery }

    mutating func insert(_ action: Int?, at stamp: Stamp) -> Bool {
        guard seen.insert(stamp).inserted else { return false }
        items.append(Item(anchor: stamp, localSequence: 0, action: action))
        newest = max(newest ?? stamp, stamp)
        return true
    }

    mutating func appendLocal(_ action: Int) {
        localCount += 1
        items.append(Item(anchor: newest, localSequence: localCount, action: action))
    }

    var ordered: [Item] {
        items.sorted { left, right in
            switch (left.anchor, right.anchor) {
            case (nil, nil): return left.localSequence < right.localSequence
            case (nil, _): return true
            case (_, nil): return false
            case (let a?, let b?):
                return a == b ? left.localSequence < right.localSequence : a < b
            }
        }
    }

    /// The state and the outcomes of the ordered items, with a copy of the state for every action.
    func fold(_ ordered: [Item]) -> (state: Tally, outcomes: [HistoryEntry<Int>.Outcome]) {
        var state = Tally()
        var outcomes: [HistoryEntry<Int>.Outcome] = []
        for item in ordered {
            guard let action = item.action else {
                outcomes.append(.unknown)
                continue
            }
            let stamp = item.localSequence == 0 ? item.anchor : nil
            let before = state
            do throws(Tally.Refusal) {
                try state.add(action, at: stamp, failEvery: failEvery)
                outcomes.append(.applied)
            } catch {
                state = before
                outcomes.append(.failed)
            }
        }
        return (state, outcomes)
    }
}

/// A state in which order matters and a half-done change shows.
struct Tally: Equatable, Sendable {
    struct Refusal: Error {}

    var hash: UInt64 = 17
    var count = 0

    mutating func add(_ action: Int, at stamp: Stamp?, failEvery: Int?) throws(Refusal) {
        hash = hash &* 6_364_136_223_846_793_005 &+ UInt64(bitPattern: Int64(action))
        hash ^= hash >> 29
        if let stamp { hash = hash &* 31 &+ UInt64(stamp.timestamp.value) }
        // Whether it fails depends on everything that precedes it.
        if let failEvery, hash % UInt64(failEvery) == 0 { throw Refusal() }
        count += 1
    }

    static func reducer(failEvery: Int?) -> HistoryReducer<Tally, Int> {
        HistoryReducer(throwing: { (state: inout Tally, action, stamp) throws(Refusal) in
            try state.add(action, at: stamp, failEvery: failEvery)
        })
    }
}

/// The stamp with this time and source; traps for what is not one.
func stamp(_ time: Int, _ source: String = "a") -> Stamp {
    guard let timestamp = Timestamp(Double(time)), let source = Source(source) else {
        preconditionFailure("a test wrote a stamp that cannot exist")
    }
    return Stamp(timestamp: timestamp, source: source)
}

// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

private let sources: [Source] = ["A", "B"].compactMap { Source($0) }

private func stamps(_ source: Int, _ times: StrideThrough<Int>) -> [Stamp] {
    times.compactMap { time in
        Timestamp(Double(time)).map { Stamp(timestamp: $0, source: sources[source]) }
    }
}

private func entries(_ stamps: [Stamp]) -> [HistoryEntry<Int>] {
    stamps.map { HistoryEntry(1, at: $0) }
}

private func counterHistory() -> History<Int, Int> {
    History(base: 0, reducer: HistoryReducer { state, action, _ in state &+= action })
}

/// What a rewind costs.
func historyBenchmarks() -> [Row] {
    var rows: [Row] = []
    let ours = stamps(0, stride(from: 1, through: 20_000, by: 2))
    let theirs = entries(stamps(1, stride(from: 2, through: 20_000, by: 2)))
    var calls = 0
    let healing = medianSeconds {
        var history = counterHistory()
        for stamp in ours { history.insert(1, at: stamp) }
        let before = history.reducerCalls
        history.merge(theirs)
        calls = history.reducerCalls - before
        keep(history)
    }
    let building = medianSeconds {
        var history = counterHistory()
        for stamp in ours { history.insert(1, at: stamp) }
        keep(history)
    }
    rows.append(
        Row(
            name: "healing 10,000 + 10,000", value: (healing - building) * 1e3, unit: "ms",
            goal: "< 5"))
    rows.append(
        Row(name: "… reducer calls", value: Double(calls), unit: "calls", goal: "≤ 20,064"))

    var history = counterHistory()
    history.merge(entries(stamps(0, stride(from: 2, through: 2_000_000, by: 2))))
    rows.append(
        Row(
            name: "snapshots at 1,000,000 actions", value: Double(history.snapshotCount),
            unit: "snapshots", goal: "≤ 48"))
    for depth in [1, 100, 10_000, 1_000_000] {
        let time = 2_000_000 - 2 * depth + 1
        guard let late = stamps(1, stride(from: time, through: time, by: 1)).first else { continue }
        var copy = history
        let before = copy.reducerCalls
        let start = ContinuousClock.now
        copy.insert(1, at: late)
        let seconds = (ContinuousClock.now - start).seconds
        rows.append(
            Row(
                name: "one late action at depth \(depth): calls",
                value: Double(copy.reducerCalls - before), unit: "calls",
                goal: "≤ \(2 * depth + 64)"))
        rows.append(Row(name: "… time", value: seconds * 1e6, unit: "µs"))
    }
    return rows
}

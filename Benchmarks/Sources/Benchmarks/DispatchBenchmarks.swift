// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding

/// What an action costs that is dispatched here and arrives in order.
func dispatchBenchmarks() throws -> [Row] {
    var rows: [Row] = []
    let count = 1_000_000
    nonisolated(unsafe) var calls = 0  // proof: this program dispatches on one thread

    let bare = medianSeconds {
        let store = BareStore { count, _ in count += 1 }
        store.subscribe { calls += 1 }
        for _ in 0..<count { store.dispatch(.increment) }
        keep(store)
    }
    rows.append(Row(name: "bare store loop", value: Double(count) / bare, unit: "actions/s"))

    let plain = medianSeconds {
        let store = Store(initial: 0, reducer: counterReducer)
        let subscription = store.subscribe { calls += 1 }
        for _ in 0..<count { store.dispatch(.increment) }
        subscription.cancel()
    }
    rows.append(Row(name: "Redux store", value: Double(count) / plain, unit: "actions/s"))

    for total in [1_000, 10_000, 100_000, 1_000_000] {
        let rounds = max(1, count / total)
        let seconds = try medianSeconds(3) {
            for _ in 0..<rounds {
                let store = try GossipStore(
                    initial: 0, reducer: counterReducer, codec: handWrittenCodec)
                let subscription = store.subscribe { calls += 1 }
                for _ in 0..<total { store.dispatch(.increment) }
                subscription.cancel()
            }
        }
        rows.append(
            Row(
                name: "gossip store, hand-written codec, history of \(total)",
                value: Double(rounds * total) / seconds, unit: "actions/s", goal: "≥ 3,000,000"))
    }

    // Each action is written anew, so that the log gets bytes that nobody shares.
    let written = try medianSeconds(3) {
        let store = try GossipStore(initial: 0, reducer: counterReducer, codec: handWrittenCodec)
        for number in 0..<count { store.dispatch(.add(by: number & 1_023)) }
        keep(store)
    }
    rows.append(
        Row(
            name: "the same with a payload, history of 1000000", value: Double(count) / written,
            unit: "actions/s"))

    let typedCount = 200_000
    let encode = try medianSeconds {
        let store = try GossipStore(initial: 0, reducer: counterReducer)
        for number in 0..<typedCount { store.dispatch(.add(by: number & 7)) }
        keep(store)
    }
    rows.append(
        Row(
            name: "typed action, encoded and dispatched", value: Double(typedCount) / encode,
            unit: "actions/s", goal: "≥ 400,000"))

    let payload = try ActionCodec<CounterAction>.flat.encode(.add(by: 3))
    let decode = try medianSeconds {
        var state = 0
        for _ in 0..<typedCount {
            if let action = try ActionCodec<CounterAction>.flat.decode(payload) {
                try counterReducer.reduce(&state, action)
            }
        }
        keep(state)
    }
    rows.append(
        Row(
            name: "typed action, decoded and reduced", value: Double(typedCount) / decode,
            unit: "actions/s", goal: "≥ 400,000"))
    return rows
}

/// Reducers whose state grows: what a snapshot per action would make quadratic.
func growthBenchmarks() throws -> [Row] {
    var rows: [Row] = []
    let count = 50_000
    let before = residentBytes()
    var peak = 0
    let seconds = try medianSeconds {
        let append = Reducer<[Int], CounterAction> { list, _ in list.append(list.count) }
        let store = try GossipStore(initial: [], reducer: append, codec: handWrittenCodec)
        for _ in 0..<count { store.dispatch(.increment) }
        peak = max(peak, residentBytes() - before)
        keep(store)
    }
    rows.append(
        Row(name: "append an Int, 50,000 actions", value: seconds * 1e3, unit: "ms", goal: "< 100"))
    rows.append(
        Row(
            name: "… memory of the process on top", value: Double(peak) / 1e6, unit: "MB",
            goal: "< 64"))
    let strings = try medianSeconds {
        let append = Reducer<[String], CounterAction> { list, _ in
            list.append("a string that needs an allocation \(list.count)")
        }
        let store = try GossipStore(initial: [], reducer: append, codec: handWrittenCodec)
        for _ in 0..<count { store.dispatch(.increment) }
        keep(store)
    }
    rows.append(
        Row(name: "append a String, 50,000 actions", value: strings * 1e3, unit: "ms"))
    return rows
}

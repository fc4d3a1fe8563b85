// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

// A shared counter that never falls below zero, so that the order of actions matters: the smallest
// program that needs the log, the clock and the history together. JavaScript hands in numbers only.

private struct Counter {
    let source: Source
    var clock = TimestampGenerator.lamport
    var log = UpdateLog()
    var history = History<Int32, Int32>(
        base: 0, reducer: HistoryReducer { state, amount, _ in state = max(0, state &+ amount) })
}

// proof: wasm32 here has one thread, and a page calls one export at a time.
nonisolated(unsafe) private var counter: Counter?

private func letter(_ index: Int32) -> Source? {
    guard (0..<26).contains(index) else { return nil }
    return Source(validUTF8: [UInt8(ascii: "A") + UInt8(index)])
}

private func take(_ amount: Int32, at timestamp: Timestamp, from source: Source) -> Int32 {
    let text: [UInt8] = Array("\(amount)".utf8)
    let update = Update(payload: text, timestamp: timestamp, source: source)
    guard counter?.log.append(update) == true else { return -2 }
    return Int32(counter?.history.insert(amount, at: update.stamp).depth ?? 0)
}

/// Starts an empty counter that writes as the source A, B, … Z for `index` 0 to 25.
///
/// Returns 1, or 0 and changes nothing for any other index.
@_expose(wasm, "counter_create")
@_cdecl("counter_create")
public func counterCreate(_ index: Int32) -> Int32 {
    guard let source = letter(index) else { return 0 }
    counter = Counter(source: source)
    return 1
}

/// Adds `amount` now; returns the timestamp of the update, or 0 before `counter_create`.
@_expose(wasm, "counter_dispatch")
@_cdecl("counter_dispatch")
public func counterDispatch(_ amount: Int32) -> Double {
    guard let source = counter?.source, let timestamp = counter?.clock.next() else { return 0 }
    _ = take(amount, at: timestamp, from: source)
    return timestamp.value
}

/// Takes an update of another source, however late.
///
/// Returns how many actions ran again because of it; −1 when the source or the timestamp is
/// refused, −2 when it is old for its source or there is no counter.
@_expose(wasm, "counter_insert")
@_cdecl("counter_insert")
public func counterInsert(_ amount: Int32, _ timestamp: Double, _ index: Int32) -> Int32 {
    guard let source = letter(index), let timestamp = Timestamp(timestamp) else { return -1 }
    counter?.clock.observe(timestamp)
    return take(amount, at: timestamp, from: source)
}

/// The counter's value; 0 before `counter_create`.
@_expose(wasm, "counter_state")
@_cdecl("counter_state")
public func counterState() -> Int32 { counter?.history.current ?? 0 }

/// How many updates a peer that has nothing would be sent.
@_expose(wasm, "counter_history")
@_cdecl("counter_history")
public func counterHistory() -> Int32 {
    Int32(counter?.log.delta(since: VersionVector()).count ?? 0)
}

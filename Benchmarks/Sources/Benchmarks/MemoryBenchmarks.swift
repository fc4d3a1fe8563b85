// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRuntime

/// What a store keeps for each action beside its payload, everything in memory: the log and the
/// history.
func memoryBenchmarks() async throws -> [Row] {
    var rows: [Row] = []
    let count = 1_000_000

    let before = heapBytes()
    let store = try GossipStore(initial: 0, reducer: counterReducer, codec: handWrittenCodec)
    for number in 0..<count { store.dispatch(.add(by: number & 7)) }
    let payload = try handWrittenCodec.encode(.add(by: 3)).count
    rows.append(
        Row(
            name: "bytes beside the payload, 1,000,000 small actions dispatched",
            value: Double(heapBytes() - before) / Double(count) - Double(payload), unit: "bytes",
            goal: "a third"))
    let late = try await timeOfReplay(store)
    rows.append(
        Row(name: "… and all of them folded again", value: late * 1e3, unit: "ms"))
    await store.shutDown()

    for (name, make) in [
        ("small actions", smallAction), ("actions of 100 bytes", rawAction),
    ] {
        rows.append(try await received(count, name, make))
    }
    return rows
}

private func smallAction(_ number: Int) -> RawAction {
    RawAction(payload: Array(#"{"type":"add","payload":{"by":\#(number & 7)}}"#.utf8))
}

/// How long another reducer takes to fold everything.
private func timeOfReplay(_ store: GossipStore<Int, CounterAction>) async throws -> Double {
    let start = ContinuousClock.now
    store.replaceReducer(counterReducer)
    return (ContinuousClock.now - start).seconds
}

/// What a client keeps of a history that it has got over TCP, when the server is gone.
private func received(
    _ count: Int, _ name: String, _ make: (Int) -> RawAction
) async throws -> Row {
    let before = heapBytes()
    var payloadBytes = 0
    let client = try countingStore()
    do {
        let server = try countingStore()
        for number in 0..<count {
            let action = make(number)
            payloadBytes += action.payload.count
            server.dispatch(action)
        }
        let listener = try await TCPListener.listen(host: "127.0.0.1", port: 0)
        server.swarm.listen(listener)
        client.connect(.tcp(host: "127.0.0.1", port: listener.port))
        await client.synced()
        guard client.state == count else { throw BenchmarkFailure(message: "not all arrived") }
        await client.swarm.shutDown()
        await server.shutDown()
    }
    try await Task.sleep(for: .milliseconds(100))
    let full = heapBytes()
    await client.shutDown()
    return Row(
        name: "bytes beside the payload, 1,000,000 \(name) received",
        value: Double(full - before - payloadBytes) / Double(count), unit: "bytes", goal: "a third")
}

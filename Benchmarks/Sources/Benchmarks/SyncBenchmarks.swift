// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRuntime
import Synchronization

/// A store of raw actions whose reducer counts.
func countingStore(
    onEvent: (@Sendable (GossipEvent) -> Void)? = nil
) throws -> GossipStore<Int, RawAction> {
    var options = GossipOptions<RawAction>()
    options.onEvent = onEvent
    options.backOff = BackOff(base: .milliseconds(20))
    return try GossipStore(
        initial: 0, reducer: Reducer { count, _ in count += 1 }, codec: .raw, options: options)
}

/// An action of about 100 bytes.
func rawAction(_ number: Int) -> RawAction {
    let text = "some seventy bytes of text, as in a chat"
    return RawAction(
        payload: Array(#"{"type":"NOTE","payload":{"n":\#(number),"text":"\#(text)"}}"#.utf8))
}

/// Waits for a condition that another task brings about.
func waitUntil(_ isTrue: () -> Bool) async throws {
    while !isTrue() { try await Task.sleep(for: .microseconds(200)) }
}

/// What two peers say to each other before the first new action.
func handshakeBenchmarks() -> [Row] {
    var rows: [Row] = []
    for count in [1_000, 100_000] {
        let updates = (1...count).compactMap { number -> Update? in
            guard let timestamp = Timestamp(Double(number)), let source = Source("WRITER") else {
                return nil
            }
            return Update(
                payload: rawAction(number).payload, timestamp: timestamp, source: source)
        }
        let replicas = ["A", "B"].compactMap { Source($0) }.map { source in
            var replica = Replica(UpdateLog(), source: source, configuration: .actions)
            replica.restore(updates)
            return replica
        }
        let rounds = 1_000
        let seconds = medianSeconds {
            for _ in 0..<rounds {
                var (a, b) = (replicas[0], replicas[1])
                let (toB, toA) = (a.open(), b.open())
                var effects: [ReplicaEffect<Update>] = []
                var decoder = LineDecoder(wire: a.gossip.wire)
                var isTalking = true
                while isTalking {
                    isTalking = false
                    if let lines = a.pull(toB, limit: .unlimited, into: &effects) {
                        b.handle(.received(toA, decoded(lines, &decoder)), into: &effects)
                        isTalking = true
                    }
                    if let lines = b.pull(toA, limit: .unlimited, into: &effects) {
                        a.handle(.received(toB, decoded(lines, &decoder)), into: &effects)
                        isTalking = true
                    }
                }
                keep(effects)
            }
        }
        rows.append(
            Row(
                name: "handshake of peers that agree on \(count) updates",
                value: seconds / Double(rounds) * 1e6, unit: "µs", goal: "independent of the count")
        )
    }
    return rows
}

/// What it costs a server to write out the same history for one peer after the other.
func catchUpBenchmarks() throws -> [Row] {
    guard let writer = Source("WRITER") else { return [] }
    let updates = (1...100_000).compactMap { number in
        Timestamp(Double(number)).map {
            Update(payload: rawAction(number).payload, timestamp: $0, source: writer)
        }
    }
    var rows: [Row] = []
    var all: [[Double]] = [[], []]
    for _ in 0..<5 {
        guard let own = Source("A") else { return [] }
        var server = Replica(UpdateLog(), source: own, configuration: .actions)
        server.restore(updates)
        var effects: [ReplicaEffect<Update>] = []
        var decoder = LineDecoder(wire: server.gossip.wire)
        for turn in 0...1 {
            let peer = server.open()
            let header = try decoder.decode(Array(#"{"id":"B\#(turn)","clock":{}}"#.utf8))
            server.handle(.received(peer, [IncomingLine(header)]), into: &effects)
            let start = ContinuousClock.now
            var lines = 0
            let limit = DeltaLimit(updates: 512, bytes: 64 << 10)
            while let outgoing = server.pull(peer, limit: limit, into: &effects) {
                lines += outgoing.block.ends.count
            }
            all[turn].append((ContinuousClock.now - start).seconds)
            guard lines > updates.count else { throw BenchmarkFailure(message: "not all was sent") }
        }
    }
    for (turn, name) in ["first", "second"].enumerated() {
        rows.append(
            Row(
                name: "writing out 100,000 updates for the \(name) peer",
                value: all[turn].sorted()[2] * 1e3, unit: "ms"))
    }
    return rows
}

private func decoded(
    _ outgoing: Outgoing, _ decoder: inout LineDecoder
) -> [IncomingLine] {
    var start = 0
    return outgoing.block.ends.compactMap { end in
        defer { start = end }
        guard let line = try? decoder.decode(Array(outgoing.block.bytes[start..<end - 1])) else {
            return nil
        }
        return IncomingLine(line)
    }
}

/// The first sync of a new peer with a long history, over TCP.
func firstSyncBenchmarks() async throws -> [Row] {
    let count = 100_000
    let server = try countingStore()
    var payloadBytes = 0
    for number in 0..<count {
        let action = rawAction(number)
        payloadBytes += action.payload.count
        server.dispatch(action)
    }
    let listener = try await TCPListener.listen(host: "127.0.0.1", port: 0)
    server.swarm.listen(listener)
    var memory: [Int] = []
    let seconds = try await medianSeconds { () -> Double in
        let start = ContinuousClock.now
        let before = heapBytes()
        let client = try countingStore()
        client.connect(.tcp(host: "127.0.0.1", port: listener.port))
        await client.synced()
        let seconds = (ContinuousClock.now - start).seconds
        // Level, and after what the batch took on its way has been freed.
        try await Task.sleep(for: .milliseconds(50))
        memory.append(heapBytes() - before)
        guard client.state == count else { throw BenchmarkFailure(message: "not all arrived") }
        await client.shutDown()
        return seconds
    }
    await server.shutDown()
    let beyond = Double((memory.max() ?? 0) - payloadBytes) / Double(count)
    return [
        Row(
            name: "first sync of 100,000 updates over TCP", value: seconds * 1e3, unit: "ms",
            goal: "< 200"),
        Row(
            name: "… heap in use per update beyond its payload, log and history",
            value: beyond, unit: "bytes", goal: "≤ 100"),
    ]
}

/// Lines that arrived, over all clients.
final class LineCount: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add(_ more: Int) { count.add(more, ordering: .relaxed) }
}

struct BenchmarkFailure: Error { let message: String }

/// One writer, one server, a hundred WebSocket clients that read lines.
func fanOutBenchmarks() async throws -> [Row] {
    let (clients, actions) = (100, 20_000)
    let server = try countingStore()
    let listener = try await WebSocketListener.listen(host: "127.0.0.1", port: 0)
    var fork = SessionOptions()
    fork.headerForm = .fork
    server.swarm.listen(listener, options: fork)
    let received = LineCount()
    let readers = try await withThrowingTaskGroup(of: (any Link).self) { group in
        for _ in 0..<clients {
            group.addTask {
                let link = try await WebSocketTransport("ws://\(listener.address)/ws").connect()
                try await link.send(
                    OutboundLines(lines: [Array(#"{"id":"R","start":0,"clock":{}}"#.utf8)]))
                return link
            }
        }
        var links: [any Link] = []
        for try await link in group { links.append(link) }
        return links
    }
    let expected = clients * actions
    let seconds = try await withThrowingTaskGroup(of: Void.self) { group -> Double in
        for link in readers {
            group.addTask {
                while let lines = try await link.receive() {
                    received.add(lines.count)
                }
            }
        }
        // Each reader gets a header and SYNC first.
        try await waitUntil { received.value >= 2 * clients }
        let start = ContinuousClock.now
        for number in 0..<actions {
            server.dispatch(rawAction(number))
            // A burst as large as the recent updates would only measure catching up from the log.
            if number % 200 == 0 { await Task.yield() }
        }
        try await waitUntil { received.value >= expected + 2 * clients }
        let seconds = (ContinuousClock.now - start).seconds
        for link in readers { await link.close(.finished) }
        try? await group.waitForAll()
        return seconds
    }
    await server.shutDown()
    return [
        Row(
            name: "fan-out to 100 WebSocket clients", value: Double(expected) / seconds,
            unit: "deliveries/s", goal: "≥ 400,000")
    ]
}

/// The memory of a server when one of its clients stops reading.
func slowReaderBenchmarks() async throws -> [Row] {
    let server = try countingStore()
    let listener = try await WebSocketListener.listen(host: "127.0.0.1", port: 0)
    server.swarm.listen(listener)
    let link = try await WebSocketTransport("ws://\(listener.address)/ws").connect()
    try await link.send(OutboundLines(lines: [Array(#"{"id":"R","clock":{}}"#.utf8)]))
    _ = try await link.receive()
    let count = 200_000
    var payloadBytes = 0
    let before = residentBytes()
    for number in 0..<count {
        let action = rawAction(number)
        payloadBytes += action.payload.count
        server.dispatch(action)
    }
    try await Task.sleep(for: .seconds(1))
    let beyond = residentBytes() - before - payloadBytes
    await link.close(.finished)
    await server.shutDown()
    return [
        Row(
            name: "server with a client that stopped reading, 200,000 actions: memory per action",
            value: Double(beyond) / Double(count), unit: "bytes", goal: "bounded by the log")
    ]
}

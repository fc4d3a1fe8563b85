// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import Synchronization
import Testing

typealias LogRelay = Relay<ExampleState, RawAction>
typealias LogStore = GossipStore<ExampleState, RawAction>

/// Runs a relay on free ports for as long as `body` takes.
func withRelay<Value: Sendable>(
    _ reducer: ExampleReducer = .log, storage: (any LogStorage)? = nil,
    bots: [any Bot<RawAction>] = [],
    configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: @Sendable (LogRelay, RelayAddress) async throws -> Value
) async throws -> Value {
    var configuration = RelayConfiguration()
    configuration.port = 0
    configuration.tcpPort = 0
    configure(&configuration)
    let relay = try await LogRelay.open(
        reducer: reducer.reducer, codec: .raw, storage: storage, configuration: configuration,
        bots: bots)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await relay.run() }
        let address = try await relay.listening
        let value = try await body(relay, address)
        group.cancelAll()
        try await group.waitForAll()
        return value
    }
}

/// A peer with a store of its own, linked to `address` while `body` runs.
func withPeer<Value: Sendable>(
    _ address: String, _ reducer: ExampleReducer = .log,
    _ body: @Sendable (LogStore) async throws -> Value
) async throws -> Value {
    let store = try LogStore(reducer: reducer.reducer, codec: .raw)
    store.swarm.connect(try Transports.transport(for: address))
    await store.synced()
    let value = try await body(store)
    await store.shutDown()
    return value
}

extension GossipStore where State == ExampleState, Action == RawAction {
    /// Waits until the state is as wanted.
    func reaches(_ isWanted: @Sendable (ExampleState) -> Bool) async {
        for await state in states where isWanted(state) { return }
    }

    func dispatch(_ type: String) { dispatch(action(type)) }

    var json: String { String(decoding: state.json, as: UTF8.self) }
}

extension RelayAddress {
    var ws: String { "ws://127.0.0.1:\(port)/ws" }
    var tcpURL: String { "tcp://\(tcp ?? "")" }
    var tcpPort: Int { Int(tcp?.split(separator: ":").last ?? "") ?? 0 }
}

func action(_ type: String) -> RawAction {
    RawAction(payload: Array("{\"type\":\"\(type)\"}".utf8))
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "scuttlebutt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func lines(_ name: String) throws -> [String] {
        String(decoding: try Data(contentsOf: url.appending(path: name)), as: UTF8.self)
            .split(separator: "\n").map { String($0) }
    }

    func write(_ lines: [String], to name: String) throws -> String {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url.appending(path: name))
        return path(name)
    }
}

/// A clock whose ticks a test makes by hand.
final class Ticks: Sendable {
    private let ticks: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    init() { (ticks, source) = AsyncStream.makeStream() }

    func tick() { source.yield() }

    /// Waits for the next tick; throws when cancelled.
    func wait() async throws {
        for await _ in ticks { return }
        throw CancellationError()
    }
}

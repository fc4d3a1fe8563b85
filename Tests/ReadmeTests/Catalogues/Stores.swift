// SPDX-License-Identifier: MIT

// The programs of the pages about stores, compiled: `PageTests` finds each of their paragraphs
// here.

import Foundation
import Logging
import Redux
import ReduxScuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import ServiceLifecycle
import UnixSignals

private enum Count: String, GossipAction { case increment = "INCREMENT" }

private let counter = Reducer<Int, Count> { count, _ in count += 1 }

// Redux.docc/Redux.md
func reduxPage(print: (Int) -> Void) {
    let adding = Reducer<Int, Int> { count, amount in count += amount }
    let store = Store(initial: 0, reducer: adding)
    store.dispatch(2)
    print(store.state)  // 2
}

// ScuttlebuttSQLite.docc/ScuttlebuttSQLite.md
func sqlitePage() async throws {
    let store = try await GossipStore(
        initial: 0, reducer: counter,
        storage: SQLiteStorage.open("counter.db", mode: .createIfMissing))
    await store.shutDown()
}

// ScuttlebuttNIO.docc/ScuttlebuttNIO.md
func nioPage() throws {
    let store = try GossipStore(initial: 0, reducer: counter)
    store.connect(try .webSocket("ws://127.0.0.1:3000/ws"))
}

// ScuttlebuttRelay.docc/ScuttlebuttRelay.md
func relayPage(configuration: RelayConfiguration, logger: Logger) async throws {
    let relay = try await Relay.open(
        initial: 0, reducer: counter, codec: .flat, configuration: configuration,
        bots: [Ticker(dispatching: Count.increment, every: .seconds(1))])
    try await ServiceGroup(
        services: [relay], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
    ).run()
}

struct Todo: Codable, Sendable { var titles: [String] = [] }

private enum TodoAction: GossipAction {
    case add(String)
}

private let todos = Reducer<Todo, TodoAction> { todo, action in
    guard case .add(let title) = action else { return }
    todo.titles.append(title)
}

// docs/sharing-a-store.md
func sharingPage(path: String) async throws {
    // In the app, and in the widget:
    let storage = try SQLiteStorage.open(path, mode: .shared)
    let store = try await GossipStore(initial: Todo(), reducer: todos, storage: storage)
    store.connect(try .webSocket("wss://example.org/ws"))
    try await store.perform(.add("milk")).durable()
}

// docs/presence.md
func presencePage() async throws {
    let store = try GossipStore(initial: 0, reducer: counter)

    struct Person: Codable {
        var name: String
        var colour: String
        var isTyping = false
    }

    try store.presence.set(Person(name: "Ada", colour: "#c33"))
    try store.presence.set("isTyping", true)  // one member of it

    for await others in store.presence.changes {  // now, and at every change
        for peer in others {
            if let person = try? peer.decode(Person.self) { print(peer.source, person.name) }
        }
    }

    store.presence.clear()  // not here any longer, though still connected
}

// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import Testing

@Suite("The small examples as programs", .timeLimit(.minutes(20)))
struct ProgramTests {
    /// Runs an example against a relay with a reducer of the pages.
    private func run(
        _ name: String, _ reducer: ExampleReducer,
        _ body: (ExampleProcess, GossipStore<ExampleState, RawAction>) async throws -> Void
    ) async throws {
        var configuration = RelayConfiguration()
        configuration.port = 0
        let relay = try await Relay.open(
            reducer: reducer.reducer, codec: .raw, configuration: configuration)
        let running = Task { try await relay.run() }
        let address = "ws://127.0.0.1:\(try await relay.listening.port)/ws"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = folder.appendingPathComponent("log.sqlite").path

        let program = try ExampleProcess(name, [address, "--store", log])
        try await body(program, relay.store)
        #expect(await program.finish() == 0)
        running.cancel()
        try await running.value
        #expect(FileManager.default.fileExists(atPath: log))
    }

    private func raw(_ json: String) -> RawAction { RawAction(payload: Array(json.utf8)) }

    @Test("The counter counts with the page, and leaves the chat's actions alone")
    func counter() async throws {
        try await run("Counter", .counter) { program, relay in
            program.type("+")
            #expect(await program.shows("1"))
            for await state in relay.states where state.counter.value == 1 { break }
            relay.dispatch(raw(#"{"type":"ADD_MESSAGE","payload":"hello"}"#))
            relay.dispatch(raw(#"{"type":"INCREMENT_ODD"}"#))
            #expect(await program.shows("2"))
            program.type("-")
            program.type("odd")
            for await state in relay.states where state.counter.value == 2 { break }
        }
    }

    @Test("The chat talks with the page")
    func chat() async throws {
        try await run("Chat", .chat) { program, relay in
            program.type("good morning")
            for await state in relay.states where state.chat.messages.count == 1 { break }
            #expect(relay.state.chat.messages.map(\.text) == ["good morning"])
            relay.dispatch(raw(#"{"type":"ADD_MESSAGE","payload":"and to you"}"#))
            #expect(await program.shows("\(relay.source.text.prefix(6)): and to you"))
        }
    }

    @Test("Life lives as on the page")
    func life() async throws {
        try await run("Life", .life) { program, relay in
            for place in ["1 0", "1 1", "1 2"] { program.type("toggle \(place)") }
            program.type("step")
            program.type("toggle 31 1")
            // A lone cell that stands before STEP in the order would die of it.
            for await state in relay.states where state.life.isAlive(column: 0, row: 1) { break }
            relay.dispatch(raw(#"{"type":"TOGGLE","payload":{"x":9,"y":9}}"#))
            #expect(await program.shows("4 cells live"))
            for await state in relay.states where state.life.population == 4 { break }
            program.type("show")
            // The board's second row: the blinker has turned.
            #expect(await program.shows("###" + String(repeating: ".", count: 27)))
            program.type("reset")
            for await state in relay.states where state.life.population == 0 { break }
        }
    }
}

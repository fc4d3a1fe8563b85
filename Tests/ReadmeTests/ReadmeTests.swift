// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import TestSupport
import Testing

@Suite("The README", .timeLimit(.minutes(20)))
struct ReadmeTests {
    /// The same program from the file that is compiled here.
    private func compiledProgram() throws -> [String] {
        let file = "Tests/ReadmeTests/Program.swift"
        let body = try #require(Snippets.compiled(in: file, indent: 4).first).lines.map {
            $0.replacing("(address)", with: #"("ws://127.0.0.1:3000/ws")"#)
        }
        return Fixtures.lines(file).filter { $0.hasPrefix("import ") } + [""] + body
    }

    @Test("Its program is the one that is compiled here, line by line")
    func equal() throws {
        #expect(try Snippets.printed(in: "README.md").first?.lines == compiledProgram())
    }

    @Test("Its program counts with a server")
    func runs() async throws {
        var configuration = RelayConfiguration()
        configuration.port = 0
        let relay = try await Relay.open(
            reducer: ExampleReducer.counter.reducer, codec: .raw, configuration: configuration)
        let running = Task { try await relay.run() }
        let address = "ws://127.0.0.1:\(try await relay.listening.port)/ws"
        let (counts, count) = AsyncStream<Int>.makeStream()
        let task = Task { try await program(at: address) { count.yield($0) } }

        for await state in relay.store.states where state.counter.value == 1 { break }
        relay.store.dispatch(RawAction(payload: Array(#"{"type":"INCREMENT"}"#.utf8)))
        for await count in counts where count == 2 { break }
        // The program listens for ever, as printed; a cancelled task listens no more.
        task.cancel()
        try await task.value
        running.cancel()
        try await running.value
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import Testing

@Suite("The README", .timeLimit(.minutes(1)))
struct ReadmeTests {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent()

    /// The lines of the first block of Swift.
    private func printedProgram() throws -> [String] {
        let file = Self.folder.appendingPathComponent("../../README.md")
        let lines = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let start = try #require(lines.firstIndex(of: "```swift")) + 1
        let end = try #require(lines[start...].firstIndex(of: "```"))
        return Array(lines[start..<end])
    }

    /// The same from the file that is compiled here.
    private func compiledProgram() throws -> [String] {
        let file = Self.folder.appendingPathComponent("Program.swift")
        let lines = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let begin = try #require(lines.firstIndex(of: "    // Begin")) + 1
        let end = try #require(lines.firstIndex(of: "    // End"))
        let body = lines[begin..<end].map { line in
            (line.hasPrefix("    ") ? String(line.dropFirst(4)) : line)
                .replacingOccurrences(of: "(address)", with: #"("ws://127.0.0.1:3000/ws")"#)
        }
        return lines.filter { $0.hasPrefix("import ") } + [""] + body
    }

    @Test("Its program is the one that is compiled here, line by line")
    func equal() throws {
        #expect(try printedProgram() == compiledProgram())
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

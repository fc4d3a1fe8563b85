// SPDX-License-Identifier: MIT

import ExampleReducers
import PortableReducers
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import TestSupport
import Testing

@Suite("Reducers that programs and pages share, as printed", .timeLimit(.minutes(20)))
struct SharedReducerTests {
    /// A file that is compiled here, less its first two lines.
    private func compiled(_ file: String) -> [String] {
        var lines = Fixtures.lines("Tests/ReadmeTests/\(file)")
        lines.removeFirst(2)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private func program(_ name: String) -> [String]? {
        let blocks = Snippets.compiled(in: "Tests/ReadmeTests/SharedPrograms.swift", indent: 4)
        return Snippets.byName(blocks)[name]?.map {
            $0.replacing("(address)", with: #"("ws://127.0.0.1:3000/ws")"#)
        }
    }

    @Test("What is printed is compiled here, line by line")
    func equal() {
        let readme = Snippets.printed(in: "README.md").map(\.lines)
        #expect(readme.dropFirst().first == compiled("Votes.swift"))
        #expect(readme.dropFirst(2).first == program("Votes"))
        let page = Snippets.printed(in: "docs/swift-reducers.md").map(\.lines)
        #expect(page == [compiled("Poll.swift"), program("Poll")])
    }

    @Test("The programs talk with others through a server that knows nothing of them")
    func run() async throws {
        var configuration = RelayConfiguration()
        configuration.port = 0
        let relay = try await Relay.open(
            reducer: ExampleReducer.log.reducer, codec: .raw, configuration: configuration)
        let running = Task { try await relay.run() }
        let address = "ws://127.0.0.1:\(try await relay.listening.port)/ws"
        let stores = (
            try openVotes(at: address), try openVotes(at: address), try openPoll(at: address)
        )
        for await state in stores.0.states where state.balance == 2 { break }
        relay.store.dispatch(RawAction(payload: Array(#"{"type":"NO","extra":[]}"#.utf8)))
        for await state in stores.1.states where state.balance == 1 { break }
        relay.store.dispatch(Poll.Action.vote("pie").raw)
        let source = relay.store.source.text
        for await state in stores.2.states {
            let json = String(decoding: state.jsonBytes, as: UTF8.self)
            if json.contains("\"\(source)\":\"pie\""), json.contains("soup") { break }
        }
        await stores.0.shutDown()
        await stores.1.shutDown()
        await stores.2.shutDown()
        running.cancel()
        try await running.value
    }

    @Test("A poll counts the last vote of each, and leaves alone what makes no sense")
    func counts() throws {
        var state = Poll()
        let say = { (source: String, json: String, state: inout Poll) in
            let stamp = Stamp(
                timestamp: try #require(Timestamp(1)), source: try #require(Source(source)))
            state.reduce(RawAction(payload: Array(json.utf8)), at: ActionMeta(stamp))
        }
        try say("b", #"{"type":"VOTE","payload":{"dish":"soup"}}"#, &state)
        try say("a", #"{"type":"VOTE","payload":{"dish":"soup"}}"#, &state)
        try say("a", #"{"type":"VOTE","payload":{"dish":"pie"}}"#, &state)
        for payload in ["5", "null", "{}", #"{"dish":5}"#, "[]"] {
            try say("a", #"{"type":"VOTE","payload":\#(payload)}"#, &state)
        }
        #expect(String(decoding: state.jsonBytes, as: UTF8.self) == #"{"a":"pie","b":"soup"}"#)
        var json = JSONOutput()
        let request = try #require(ViewRequest(Array(#"["count",{"dish":"pie"}]"#.utf8)))
        #expect(state.write(request, to: &json))
        #expect(json.bytes == Array("1".utf8))
        try say("c", #"{"type":"CLEAR"}"#, &state)
        #expect(String(decoding: state.jsonBytes, as: UTF8.self) == "{}")
    }
}

// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime
import Testing

@Suite("What developer tools see of a store", .timeLimit(.minutes(20)))
struct InspectingTests {
    private enum Word: GossipAction {
        case say(String)
        case whisper(String)

        var isLocalOnly: Bool {
            if case .whisper = self { true } else { false }
        }
    }

    private func store() throws -> GossipStore<[String], Word> {
        try GossipStore(
            initial: [],
            reducer: Reducer { words, action in
                switch action {
                case .say(let word), .whisper(let word): words.append(word)
                }
            })
    }

    @Test("G8 the history is that of all peers: each action with the state after it, none local")
    func stateHistory() throws {
        let store = try store()
        store.dispatch(.say("a"))
        store.dispatch(.whisper("mine"))
        store.dispatch(.say("b"))
        #expect(store.state == ["a", "mine", "b"])
        #expect(store.history.map(\.stamp.timestamp.value) == [1, 2])
        let records = store.stateHistory()
        #expect(records.map(\.state) == [["a"], ["a", "mine", "b"]])
        #expect(store.stateHistory(limit: 1).map(\.stamp.timestamp.value) == [2])
        #expect(store.stateHistory(limit: 0).isEmpty)
    }

    @Test("The present is the program's state and not the history behind it")
    func present() throws {
        let store = try store()
        store.dispatch(.say("a"))
        store.dispatch(.whisper("mine"))
        let present = store.present
        #expect(present.state == ["a", "mine"])
        #expect((present.actions, present.localActions, present.unknownActions) == (1, 1, 0))
        #expect(present.newest?.timestamp.value == 1)
        #expect(present.status.pending == 1)
    }
}

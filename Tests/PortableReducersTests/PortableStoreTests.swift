// SPDX-License-Identifier: MIT

import ExampleReducers
import PortableReducers
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import Testing

@Suite("Portable reducers in a store", .timeLimit(.minutes(5)))
struct PortableStoreTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("An action travels in the flat form and is read back as itself")
    func codec() throws {
        let life = ActionCodec<Life.Action>.portable
        #expect(text(try life.encode(.step)) == #"{"type":"STEP"}"#)
        let toggle = try life.encode(.toggle(x: 3, y: 4))
        #expect(text(toggle) == #"{"type":"TOGGLE","payload":{"x":3,"y":4}}"#)
        #expect(try life.decode(toggle) == .toggle(x: 3, y: 4))
        #expect(try life.decode(Array(#"{"type":"TOGGLE","payload":{"x":30,"y":4}}"#.utf8)) == nil)
        #expect(try life.decode(Array(#"{"type":"OTHER"}"#.utf8)) == nil)
        let chat = ActionCodec<Chat.Action>.portable
        #expect(
            text(try chat.encode(.addMessage("a \"b\"")))
                == #"{"type":"ADD_MESSAGE","payload":"a \"b\""}"#)
        let counter = ActionCodec<Counter.Action>.portable
        for action in Counter.Action.allCases {
            #expect(try counter.decode(counter.encode(action)) == action)
        }
    }

    @Test("A store folds it, and the messages have their places in the order")
    func store() throws {
        let store = try GossipStore(Chat.self)
        store.dispatch(.addMessage("one"))
        store.dispatch(.addMessage("two"))
        #expect(store.state.messages.map(\.text) == ["one", "two"])
        #expect(store.state.messages.map(\.stamp?.timestamp.value) == [1, 2])
        #expect(store.state.messages.first?.id.string == "1-\(store.source.text)")
    }

    @Test("What a program dispatches is checked like what peers send")
    func nonsense() throws {
        let store = try GossipStore(Life.self)
        store.dispatch(.toggle(x: 30, y: -1))
        #expect(store.state == Life())
    }
}

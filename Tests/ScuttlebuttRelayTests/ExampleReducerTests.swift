// SPDX-License-Identifier: MIT

import ExampleReducers
import PortableReducers
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import Testing

@Suite("The example reducers", .timeLimit(.minutes(20)))
struct ExampleReducerTests {
    /// The JSON of the state after these actions, each at its number's time by `S`.
    func fold(_ reducer: ExampleReducer, _ actions: [String]) throws -> String {
        var state = reducer.initialState
        for (index, text) in actions.enumerated() {
            let meta = ActionMeta(timestamp: Timestamp(Double(index + 1)), source: Source("S"))
            try reducer.reducer.reduce(&state, RawAction(payload: Array(text.utf8)), meta)
        }
        return String(decoding: state.json, as: UTF8.self)
    }

    func life(_ actions: [String]) throws -> Life {
        var state = Life()
        for text in actions {
            state.reduce(RawAction(payload: Array(text.utf8)), at: .local)
        }
        return state
    }

    @Test("log lists the actions byte for byte")
    func log() throws {
        #expect(try fold(.log, []) == "[]")
        #expect(
            try fold(.log, [#"{"type":"A","n":1.50}"#, #"{"type":"B"}"#])
                == #"[{"type":"A","n":1.50},{"type":"B"}]"#)
    }

    @Test("counter counts, also below zero")
    func counter() throws {
        let types = ["INCREMENT_ODD", "DECREMENT", "INCREMENT_ODD", "INCREMENT", "INCREMENT_ODD"]
        #expect(try fold(.counter, types.map { #"{"type":"\#($0)"}"# }) == #"{"counter":2}"#)
    }

    @Test("chat names its messages by their stamps")
    func chat() throws {
        let actions = [
            #"{"type":"ADD_MESSAGE","payload":5}"#, #"{"type":"ADD_MESSAGE"}"#,
            #"{"type":"ADD_MESSAGE","payload":"a \"b\"\n\u2028"}"#,
        ]
        #expect(
            try fold(.chat, actions)
                == #"{"messages":[{"message":"a \"b\"\n"# + "\u{2028}"
                + #"","source":"S","timestamp":3,"id":"3-S"}]}"#)
    }

    @Test("life has 30 rows of 30 cells, and its edges wrap")
    func lifeWraps() throws {
        let row = "[" + Array(repeating: "0", count: 30).joined(separator: ",") + "]"
        let rows = Array(repeating: row, count: 30).joined(separator: ",")
        #expect(try fold(.life, []) == #"{"grid":[\#(rows)]}"#)
        let glider = [(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)]
            .map { #"{"type":"TOGGLE","payload":{"x":\#($0.0),"y":\#($0.1)}}"# }
        let start = try life(glider)
        #expect(start.isAlive(column: 1, row: 0))
        #expect(start.population == 5)
        let steps = Array(repeating: #"{"type":"STEP"}"#, count: 120)
        #expect(try life(glider + steps) == start)
        #expect(try life(glider + steps.prefix(60)) != start)
        #expect(try life(glider + [#"{"type":"RESET"}"#]) == Life())
    }

    @Test("TOGGLE accepts exactly the numbers that are integers in JavaScript")
    func places() throws {
        for x in ["3", "3.0", "3e0", "0.3e1", "-0"] {
            let state = try life([#"{"type":"TOGGLE","payload":{"x":\#(x),"y":3}}"#])
            #expect(state.population == 1, "\(x)")
        }
        for payload in [
            #"{"x":30,"y":0}"#, #"{"x":-1,"y":0}"#, #"{"x":1.5,"y":0}"#, #"{"x":"1","y":0}"#,
            #"{"x":1e999,"y":0}"#, #"{"x":9223372036854775808,"y":0}"#, #"{"x":1}"#, "null", "[]",
            "5", "\"x\"", "true", "[1,2]",
        ] {
            let state = try life([#"{"type":"TOGGLE","payload":\#(payload)}"#])
            #expect(state == Life(), "\(payload)")
        }
    }

    @Test(
        "Actions of other reducers neither change nor trap them",
        arguments: ExampleReducer.allCases)
    func foreign(reducer: ExampleReducer) throws {
        let foreign = [
            "", "null", "5", "[", "{}", #"{"type":5}"#, #"{"type":""}"#, #"{"type":"TOGGLE"}"#,
            #"{"type":"increment"}"#, #"{"type":"INCREMENT","meta":5}"#,
            #"{"type":"INCREMENT","type":"OTHER"}"#, #"{"type":"ADD_MESSAGE","payload":{}}"#,
        ]
        guard reducer != .log else { return }
        #expect(try fold(reducer, foreign) == (try fold(reducer, [])))
    }
}

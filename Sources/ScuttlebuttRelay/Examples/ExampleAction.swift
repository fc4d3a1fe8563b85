// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding

/// The actions that the example reducers know, by the text of their `type`.
enum ExampleAction: String, CaseIterable, Sendable {
    case increment = "INCREMENT"
    case decrement = "DECREMENT"
    case incrementOdd = "INCREMENT_ODD"
    case addMessage = "ADD_MESSAGE"
    case toggle = "TOGGLE"
    case step = "STEP"
    case reset = "RESET"

    // By bytes: Swift's comparison of strings would take other spellings for the same.
    private static let kinds = Dictionary(
        uniqueKeysWithValues: allCases.map { (Array($0.rawValue.utf8), $0) })

    /// Which of them an action is; `nil` for all others.
    static func kind(of action: RawAction) -> ExampleAction? {
        guard case .action(let type) = ActionShape.inspect(action.payload) else { return nil }
        return kinds[type]
    }

    /// The value of `payload`, if there is one that can be read.
    static func payload(of action: RawAction) -> JSONValue? {
        (try? JSONValue(action.payload))?["payload"]
    }

    /// The action without a payload.
    var action: RawAction { RawAction(payload: Array("{\"type\":\"\(rawValue)\"}".utf8)) }
}

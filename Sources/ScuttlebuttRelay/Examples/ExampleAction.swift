// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding

/// The action types that the example reducers know.
enum ExampleAction: String, CaseIterable, Sendable {
    case increment = "INCREMENT"
    case decrement = "DECREMENT"
    case incrementOdd = "INCREMENT_ODD"
    case addMessage = "ADD_MESSAGE"
    case toggle = "TOGGLE"
    case step = "STEP"
    case reset = "RESET"

    // Keyed by bytes, because Swift's `String` treats canonically equivalent spellings as equal.
    private static let kinds = Dictionary(
        uniqueKeysWithValues: allCases.map { (Array($0.rawValue.utf8), $0) })

    /// Returns the type of an action, or `nil` if it is not one of these.
    static func kind(of action: RawAction) -> ExampleAction? {
        guard case .action(let type) = ActionShape.inspect(action.payload) else { return nil }
        return kinds[type]
    }

    /// Returns the value of an action's `payload`, if there is one that can be parsed.
    static func payload(of action: RawAction) -> JSONValue? {
        (try? JSONValue(action.payload))?["payload"]
    }

    /// An action of this type without a payload.
    var action: RawAction { RawAction(payload: Array("{\"type\":\"\(rawValue)\"}".utf8)) }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding

/// An action as one line for people: who did what.
enum ActionText {
    /// The maximum number of characters of a text that are shown.
    static let textLimit = 500
    /// The maximum number of bytes that are read; a longer action is only named.
    static let byteLimit = 65_536

    /// Returns a line such as `Ada: hello` or `Ada: +1`.
    ///
    /// - Parameter name: The name that its source is known by, if it is.
    /// - Complexity: O(n), where n is the number of bytes, at most ``byteLimit``.
    static func text(of payload: [UInt8], by source: Source, name: String?) -> String {
        let value = payload.count <= byteLimit ? try? JSONValue(payload) : nil
        var who = name ?? source.text
        if case .string(let own)? = value?["name"], !own.isEmpty { who = own }
        return "\(label(who)): \(what(value))"
    }

    /// A name or a source as it is shown.
    static func label(_ text: String) -> String {
        TerminalText.label(text, limit: TalkRequest.nameLimit)
    }

    private static func what(_ value: JSONValue?) -> String {
        guard let value, case .string(let type)? = value["type"] else { return "a long action" }
        switch (type, value["payload"]) {
        case ("ADD_MESSAGE", .string(let text)?):
            return TerminalText.label(text, limit: textLimit)
        case ("INCREMENT", nil): return "+1"
        case ("DECREMENT", nil): return "-1"
        case ("INCREMENT_ODD", nil): return "+1 if odd"
        case (_, let payload):
            let name = TerminalText.label(type, limit: TalkRequest.nameLimit)
            guard let payload else { return name }
            let text = String(decoding: payload.bytes, as: UTF8.self)
            return "\(name) \(TerminalText.label(text, limit: textLimit))"
        }
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What a page asks a state for: `core.view("messages", {last: 50})`.
///
/// What is written and read costs what the view costs, however large the state is.
public struct ViewRequest: Sendable {
    /// How many elements a window has if the page does not say.
    public static let windowLength = 100

    /// The name of the view, a string.
    public let name: JSONText
    /// The arguments, if there are any.
    public let arguments: JSONText?

    /// Reads a request, `["name"]` or `["name",arguments]`; returns `nil` for anything else.
    public init?(_ bytes: Payload) {
        let elements = JSONText(bytes).elements
        guard let name = elements.first, name.text != nil else { return nil }
        self.name = name
        arguments = elements.dropFirst().first
    }

    /// Returns which of `count` elements the page asks for.
    ///
    /// `{last: n}` are the last n of them, and `{first: i, count: n}` those from the i-th on. What
    /// there is not is left out. Without arguments these are the last ``windowLength``.
    public func window(of count: Int) -> Range<Int> {
        func number(_ key: StaticString) -> Int? {
            guard let value = arguments?[key]?.double, value >= 0 else { return nil }
            return value < Double(count) ? Int(value) : count
        }
        if let first = number("first") {
            let length = number("count") ?? ViewRequest.windowLength
            return first..<first + min(length, count - first)
        }
        let length = min(number("last") ?? ViewRequest.windowLength, count)
        return count - length..<count
    }
}

extension JSONOutput {
    /// Writes a window of a list: `{"count":…,"first":…,"elements":[…]}`.
    ///
    /// - Complexity: O(n), where n is what the window has, not the list.
    public mutating func window<List: RandomAccessCollection>(
        _ list: List, _ view: ViewRequest
    ) where List.Element: JSONWritable, List.Index == Int {
        let range = view.window(of: list.count)
        object { json in
            json.member("count", list.count)
            json.member("first", range.lowerBound)
            json.key("elements")
            json.array { json in
                for offset in range { json.value(list[list.startIndex + offset]) }
            }
        }
    }
}

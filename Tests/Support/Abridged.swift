// SPDX-License-Identifier: MIT

/// A text that may be very long, as the argument of a test: its name in the log is short.
public struct Abridged: Sendable, CustomStringConvertible {
    /// All of it.
    public let text: String

    /// Makes an argument of a text.
    public init(_ text: String) { self.text = text }

    /// The text, or how it begins and how long it is.
    public var description: String {
        let count = text.utf8.count
        return count <= 100 ? "\"\(text)\"" : "\"\(text.prefix(80))…\" (\(count) bytes)"
    }
}

// SPDX-License-Identifier: MIT

/// The reason why a text is not a script.
public struct ScriptError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number of the line, from 1.
    public let line: Int
    /// A description for people, in one sentence.
    public let message: String

    /// The line and the message.
    public var description: String { "line \(line): \(message)" }
}

// SPDX-License-Identifier: MIT

/// The type name of an action, which is not empty and is private if it begins with `@`.
///
/// By default, actions whose names begin with `@` stay on their peer. The prefix `@@` is reserved
/// for this library.
public struct ActionName: Hashable, Sendable, CustomStringConvertible {
    /// The name as text.
    public let text: String

    /// Creates a name; returns `nil` if the text is empty.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
    }

    private init(libraryName text: String) { self.text = text }

    /// Whether the name begins with `@`, which makes the action local to this peer by default.
    public var isPrivate: Bool { text.utf8.first == UInt8(ascii: "@") }

    /// Whether the name begins with `@@`, which is reserved for this library.
    public var isReserved: Bool { text.utf8.starts(with: "@@".utf8) }

    /// The name as written.
    public var description: String { text }

    static let initialize = ActionName(libraryName: "@@redux/INIT")
    static let replaced = ActionName(libraryName: "@@redux/REPLACE")
    static let probe = ActionName(libraryName: "@@redux/PROBE")
}

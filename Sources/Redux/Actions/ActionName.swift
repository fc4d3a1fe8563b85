// SPDX-License-Identifier: MIT

/// The type name of an action: never empty, private when it begins with `@`.
///
/// Names that begin with `@` stay on the peer by default, and `@@` is kept for this library.
public struct ActionName: Hashable, Sendable, CustomStringConvertible {
    /// The name as written.
    public let text: String

    /// Makes a name, or `nil` when the text is empty.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
    }

    private init(libraryName text: String) { self.text = text }

    /// Whether the name begins with `@`: local to this peer unless somebody says otherwise.
    public var isPrivate: Bool { text.utf8.first == UInt8(ascii: "@") }

    /// Whether the name begins with `@@`: one of the library's own.
    public var isReserved: Bool { text.utf8.starts(with: "@@".utf8) }

    /// The name as written.
    public var description: String { text }

    static let initialize = ActionName(libraryName: "@@redux/INIT")
    static let replaced = ActionName(libraryName: "@@redux/REPLACE")
    static let probe = ActionName(libraryName: "@@redux/PROBE")
}

// SPDX-License-Identifier: MIT

/// What went wrong with the storage of a log.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; open, so that the author of a storage may add one.
    public struct Code: Hashable, Sendable {
        private let name: String
        /// Creates a code of a storage's own.
        public init(_ name: String) { self.name = name }
        /// The file is not a store of ours, or is damaged.
        ///
        /// It was left untouched.
        public static let foreignOrCorrupt = Code("foreignOrCorrupt")
        /// The file, or its folder, cannot be opened, read or written.
        public static let unreadable = Code("unreadable")
        /// The file was written by a newer version of this program.
        public static let tooNew = Code("tooNew")
        /// Another process has the store open for writing.
        public static let inUse = Code("inUse")
        /// The disk is full or the write failed; what was stored before is untouched.
        public static let writeFailed = Code("writeFailed")
        /// The store was closed.
        public static let closed = Code("closed")
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence for people: the file, the likely cause, the next step.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

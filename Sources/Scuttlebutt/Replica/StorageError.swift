// SPDX-License-Identifier: MIT

/// An error of a log storage.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of error.
    ///
    /// Implementations of `LogStorage` may define their own.
    public struct Code: Hashable, Sendable {
        private let name: String
        /// Creates a code for another implementation.
        public init(_ name: String) { self.name = name }
        /// The file is not a scuttlebutt store, or is damaged.
        ///
        /// It was not changed.
        public static let foreignOrCorrupt = Code("foreignOrCorrupt")
        /// The file or its directory cannot be opened, read or written.
        public static let unreadable = Code("unreadable")
        /// The file is a copy of a store that was being written, and lacks its newest updates.
        ///
        /// It can be read, but whoever went on writing to it would repeat timestamps.
        public static let incomplete = Code("incomplete")
        /// The file was written by a newer version of this program.
        public static let tooNew = Code("tooNew")
        /// Another process has the store open for writing.
        public static let inUse = Code("inUse")
        /// The disk is full or the write failed.
        ///
        /// What was stored before is unchanged.
        public static let writeFailed = Code("writeFailed")
        /// The store was closed.
        public static let closed = Code("closed")
    }

    /// The kind of error.
    public let code: Code
    /// A message for people that names the file, the likely cause and the next step.
    ///
    /// It starts in lower case and has no full stop, so that it can be part of a longer message.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

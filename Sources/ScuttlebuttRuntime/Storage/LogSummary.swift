// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What a stored log contains, known without reading its updates.
public struct LogSummary: Hashable, Sendable {
    /// The part of one source.
    public struct Entry: Hashable, Sendable {
        /// The writer.
        public var source: Source
        /// The timestamp of its newest update.
        public var newest: Timestamp
        /// The number of its updates, at least 1.
        public var count: Int

        /// Creates an entry.
        public init(source: Source, newest: Timestamp, count: Int) {
            self.source = source
            self.newest = newest
            self.count = count
        }
    }

    /// The sources in the order in which the log met them.
    public var entries: [Entry]

    /// Creates a summary.
    public init(entries: [Entry] = []) { self.entries = entries }

    /// The newest timestamp of each source.
    public var vector: VersionVector {
        var vector = VersionVector()
        for entry in entries { vector.advance(entry.source, to: entry.newest) }
        return vector
    }

    /// The number of all updates.
    public var count: Int { entries.reduce(0) { $0 + $1.count } }
}

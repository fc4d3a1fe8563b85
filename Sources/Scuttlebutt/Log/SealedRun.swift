// SPDX-License-Identifier: MIT

/// The full chunks of one source in a log, shared with the log: payloads that will not move any
/// more.
///
/// A history refers to them instead of holding its own copies. They stay in memory as long as
/// somebody refers to them, also when the log drops or rebuilds its chunks.
package struct SealedRun: Sendable {
    /// The source of all updates in it.
    package let source: Source
    /// What its receiver has already: nothing between that and its beginning is missing.
    private var known: Timestamp?
    private var chunks: [UpdateLog.Chunk] = []

    /// Creates a run without chunks.
    package init(source: Source) { self.source = source }

    fileprivate init(source: Source, after known: Timestamp?, chunks: [UpdateLog.Chunk]) {
        self.source = source
        self.known = known
        self.chunks = chunks
    }

    /// Whether there is nothing in it.
    package var isEmpty: Bool { chunks.isEmpty }

    /// The newest timestamp in it.
    package var newest: Timestamp? { chunks.last?.last }

    /// Whether it continues one that ends at a timestamp, so that no chunk is missing between.
    ///
    /// It may not if it was made for a history that another one has replaced since.
    package func continues(_ newest: Timestamp?) -> Bool {
        known.map { known in newest.map { known <= $0 } ?? false } ?? true
    }

    /// Adds the chunks of another run that reach beyond the end of this one, up to a timestamp.
    ///
    /// They may overlap with it where a log was rebuilt; what both have is the same.
    package mutating func append(_ other: SealedRun, through limit: Timestamp) {
        for chunk in other.chunks {
            guard let last = chunk.last, last <= limit, newest.map({ $0 < last }) ?? true else {
                continue
            }
            chunks.append(chunk)
        }
    }

    /// Returns the timestamps after `known` in the chunks that end at or before `limit`, in order.
    package func timestamps(after known: Timestamp?, through limit: Timestamp) -> [Timestamp] {
        var result: [Timestamp] = []
        for chunk in chunks {
            guard let last = chunk.last, last <= limit, known.map({ $0 < last }) ?? true else {
                continue
            }
            for row in chunk.rows where !row.isDead {
                if known.map({ $0 < row.timestamp }) ?? true { result.append(row.timestamp) }
            }
        }
        return result
    }

    /// Drops the chunks that end before a timestamp.
    ///
    /// - Complexity: O(chunks).
    package mutating func drop(before timestamp: Timestamp) {
        let kept = chunks.firstIndex { chunk in chunk.last.map { timestamp <= $0 } ?? false }
        chunks.removeFirst(kept ?? chunks.count)
    }

    /// Returns a copy of the payload of an update, or `nil` if it is not here.
    ///
    /// - Complexity: O(log n).
    package func payload(at timestamp: Timestamp) -> Payload? {
        place(of: timestamp).map { chunks[$0.chunk].payload(of: $0.row) }
    }

    private func place(of timestamp: Timestamp) -> (chunk: Int, row: Int)? {
        let chunk = chunks.firstIndex(reaching: timestamp)
        guard chunk < chunks.count else { return nil }
        let row = chunks[chunk].firstRow(notBefore: timestamp)
        let rows = chunks[chunk].rows
        guard row < rows.count, rows[row].timestamp == timestamp, !rows[row].isDead else {
            return nil
        }
        return (chunk, row)
    }
}

extension UpdateLog {
    /// Returns the full chunks of each source that reach beyond `known`.
    ///
    /// - Complexity: O(sources log chunks) and a reference for each chunk returned.
    package func sealed(after known: VersionVector) -> [SealedRun] {
        runs.compactMap { run in
            let seen = known[run.source]
            let chunks = run.sealed(after: seen)
            return chunks.isEmpty
                ? nil : SealedRun(source: run.source, after: seen, chunks: chunks)
        }
    }
}

extension UpdateLog.Run {
    /// All chunks but the last that reach beyond `known`.
    fileprivate func sealed(after known: Timestamp?) -> [UpdateLog.Chunk] {
        let first = known.map { place(after: $0).chunk } ?? 0
        return first < chunks.count - 1 ? Array(chunks[first..<(chunks.count - 1)]) : []
    }
}

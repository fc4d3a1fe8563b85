// SPDX-License-Identifier: MIT

extension UpdateLog {
    /// The retained updates of one source in ascending order.
    ///
    /// They are stored in chunks: no update moves when the run grows, and a gap is closed within
    /// its chunk.
    struct Run: Sendable {
        /// The place of an update that is not dead, or the end; no chunk is empty.
        struct Place: Sendable {
            var chunk: Int
            var row: Int
        }

        let source: Source
        /// The newest timestamp ever appended.
        private(set) var newest: Timestamp?
        private(set) var chunks: [Chunk] = []

        init(source: Source) { self.source = source }

        /// Appends an update of this source; returns `false` if it is not newer than all before.
        @inline(__always)
        mutating func append(
            _ payload: consuming Payload, at timestamp: Timestamp, tail: [UInt8]?
        ) -> Bool {
            if let newest, newest >= timestamp { return false }
            let byteCount = payload.count + (tail?.count ?? 0)
            guard byteCount < Chunk.updateByteLimit else { return false }
            newest = timestamp
            let last = chunks.count - 1
            if last < 0 || !chunks[last].take(payload, byteCount, at: timestamp, tail: tail) {
                appendChunk(payload, at: timestamp, tail: tail)
            }
            return true
        }

        private mutating func appendChunk(
            _ payload: Payload, at timestamp: Timestamp, tail: [UInt8]?
        ) {
            if !chunks.isEmpty { chunks[chunks.count - 1].seal() }
            var chunk = Chunk(after: chunks.last)
            chunk.append(payload, at: timestamp, tail: tail)
            chunks.append(chunk)
        }

        /// The number of updates in memory.
        var count: Int { chunks.reduce(0) { $0 + $1.count } }

        /// Refuses timestamps up to this one from now on.
        mutating func raiseNewest(to timestamp: Timestamp) {
            newest = max(newest ?? timestamp, timestamp)
        }

        /// Appends the newest timestamp, the number of updates and the number of bytes of each
        /// chunk.
        func appendChunkEnds(to ends: inout [(last: Timestamp, count: Int, bytes: Int)]) {
            for chunk in chunks {
                guard let last = chunk.last else { continue }
                ends.append((last, chunk.count, chunk.liveByteCount))
            }
        }

        /// Drops the chunks that end at or before one timestamp and before another, if there is
        /// one; the storage has their updates.
        mutating func dropChunks(
            through timestamp: Timestamp, before unsaved: Timestamp?
        ) -> (through: Timestamp, count: Int, byteCount: Int)? {
            var (end, count, byteCount) = (0, 0, 0)
            var through: Timestamp?
            while end < chunks.count, let last = chunks[end].last {
                guard last <= timestamp, unsaved.map({ last < $0 }) ?? true else { break }
                count += chunks[end].count
                byteCount += chunks[end].updateByteCount
                through = last
                end += 1
            }
            guard let through else { return nil }
            chunks.removeFirst(end)
            return (through, count, byteCount)
        }

        @inline(__always)
        func timestamp(at place: Place) -> Timestamp? {
            place.chunk < chunks.count ? chunks[place.chunk].rows[place.row].timestamp : nil
        }

        /// Returns a copy of an update, the only thing here that copies bytes.
        func update(at place: Place) -> Update {
            Update(
                payload: chunks[place.chunk].payload(of: place.row),
                timestamp: chunks[place.chunk].rows[place.row].timestamp, source: source,
                tail: chunks[place.chunk].tail(of: place.row))
        }

        @inline(__always)
        func place(next place: Place) -> Place {
            let row = chunks[place.chunk].live(from: place.row + 1)
            return row < chunks[place.chunk].rows.count
                ? Place(chunk: place.chunk, row: row) : first(from: place.chunk + 1)
        }

        /// The first place in a chunk, or the end if there is no such chunk.
        private func first(from chunk: Int) -> Place {
            Place(chunk: chunk, row: chunk < chunks.count ? chunks[chunk].live(from: 0) : 0)
        }

        /// Returns the first place newer than `timestamp`, or the end if there is none.
        ///
        /// - Complexity: O(log n), and a step for each update removed from a chunk.
        func place(after timestamp: Timestamp?) -> Place {
            guard let timestamp else { return first(from: 0) }
            return place(notBefore: Timestamp(unchecked: timestamp.value.nextUp))
        }

        /// Returns the first place that is not older than `timestamp`, or the end.
        private func place(notBefore timestamp: Timestamp) -> Place {
            let chunk = chunks.firstIndex(reaching: timestamp)
            guard chunk < chunks.count else { return first(from: chunk) }
            // The last row is not dead, so there is one in this chunk.
            let row = chunks[chunk].live(from: chunks[chunk].firstRow(notBefore: timestamp))
            return Place(chunk: chunk, row: row)
        }

        func place(of timestamp: Timestamp) -> Place? {
            let place = place(notBefore: timestamp)
            return self.timestamp(at: place) == timestamp ? place : nil
        }

        /// Returns how many updates are at or after a place.
        ///
        /// - Complexity: O(chunks), and a step for each row of one chunk.
        func count(from place: Place) -> Int {
            guard place.chunk < chunks.count else { return 0 }
            return chunks[(place.chunk + 1)...].reduce(0) { $0 + $1.count }
                + chunks[place.chunk].count(from: place.row)
        }

        /// Returns the number of bytes in the payload of an update.
        @inline(__always)
        func payloadByteCount(at place: Place) -> Int {
            chunks[place.chunk].payloadByteCount(of: place.row)
        }

        /// Returns the number of bytes in the payload and the tail of an update.
        func byteCount(at place: Place) -> Int {
            chunks[place.chunk].byteCount(of: place.row)
        }

        /// Removes the update at a place.
        mutating func remove(at place: Place) {
            chunks[place.chunk].remove(at: place.row)
            close(place.chunk)
        }

        /// Removes the updates from this timestamp on and returns them; they may be appended again.
        mutating func removeAll(from timestamp: Timestamp) -> [Update] {
            let start = place(notBefore: timestamp)
            var removed: [Update] = []
            var place = start
            while place.chunk < chunks.count {
                removed.append(update(at: place))
                place = self.place(next: place)
            }
            if start.chunk < chunks.count {
                chunks[start.chunk].removeAll(from: start.row)
                let isEmpty = chunks[start.chunk].rows.isEmpty
                chunks.removeSubrange((isEmpty ? start.chunk : start.chunk + 1)...)
            }
            // Also where nothing was removed: what was superseded no longer counts.
            newest = chunks.last?.last
            return removed
        }

        /// Joins a chunk that has become small with the one before it, so that a few updates never
        /// occupy the memory of many.
        private mutating func close(_ chunk: Int) {
            if chunks[chunk].rows.isEmpty {
                chunks.remove(at: chunk)
            } else if chunk > 0,
                chunks[chunk].count + chunks[chunk - 1].count <= Chunk.rowLimit / 2,
                chunks[chunk].liveByteCount + chunks[chunk - 1].bytes.count <= Chunk.byteLimit
            {
                let joined = chunks.remove(at: chunk)
                chunks[chunk - 1].append(contentsOf: joined)
            }
        }
    }
}

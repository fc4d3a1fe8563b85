// SPDX-License-Identifier: MIT

extension UpdateLog {
    /// The retained updates of one source in ascending order.
    ///
    /// They are stored in chunks: no update moves when the run grows, and a gap is closed by moving
    /// what follows it in its chunk. The overhead per payload is an entry of 16 bytes and the
    /// array's header.
    struct Run: Sendable {
        struct Entry: Sendable {
            let timestamp: Timestamp
            let payload: Payload
        }

        /// The place of an update; no chunk is empty.
        struct Place: Sendable {
            var chunk: Int
            var entry: Int
        }

        static let chunkSize = 128

        let source: Source
        /// The newest timestamp ever appended.
        private(set) var newest: Timestamp?
        private var chunks: [[Entry]] = []
        /// The unusual tails; few updates have one.
        private var tails: [Timestamp: [UInt8]] = [:]

        init(source: Source) { self.source = source }

        /// Appends an update of this source; returns `false` if it is not newer than all before.
        @inline(__always)
        mutating func append(
            _ payload: consuming Payload, at timestamp: Timestamp, tail: [UInt8]?
        ) -> Bool {
            if let newest, newest >= timestamp { return false }
            newest = timestamp
            if let tail { tails[timestamp] = tail }
            let entry = Entry(timestamp: timestamp, payload: payload)
            let last = chunks.count - 1
            if last >= 0, chunks[last].count < Run.chunkSize {
                chunks[last].append(entry)
            } else {
                appendChunk(entry)
            }
            return true
        }

        /// Refuses timestamps up to this one from now on.
        mutating func raiseNewest(to timestamp: Timestamp) {
            newest = max(newest ?? timestamp, timestamp)
        }

        /// Appends the newest timestamp, the number of updates and the number of bytes of each
        /// chunk.
        func appendChunkEnds(to ends: inout [(last: Timestamp, count: Int, bytes: Int)]) {
            for chunk in chunks {
                ends.append(
                    (
                        chunk[chunk.count - 1].timestamp, chunk.count,
                        chunk.reduce(0) { $0 + $1.payload.count }
                    ))
            }
        }

        /// Drops the chunks that end at or before one timestamp and before another, if there is
        /// one; the storage has their updates.
        mutating func dropChunks(
            through timestamp: Timestamp, before unsaved: Timestamp?
        ) -> (through: Timestamp, count: Int, byteCount: Int)? {
            var (end, count, byteCount) = (0, 0, 0)
            while end < chunks.count {
                let last = chunks[end][chunks[end].count - 1].timestamp
                guard last <= timestamp, unsaved.map({ last < $0 }) ?? true else { break }
                count += chunks[end].count
                byteCount += chunks[end].reduce(0) { $0 + $1.payload.count }
                end += 1
            }
            guard end > 0 else { return nil }
            let through = chunks[end - 1][chunks[end - 1].count - 1].timestamp
            chunks.removeFirst(end)
            for (place, tail) in tails where place <= through {
                byteCount += tail.count
                tails[place] = nil
            }
            return (through, count, byteCount)
        }

        private mutating func appendChunk(_ entry: Entry) {
            var chunk: [Entry] = []
            // A short run stays small, and a long one does not grow each chunk step by step.
            if !chunks.isEmpty { chunk.reserveCapacity(Run.chunkSize) }
            chunk.append(entry)
            chunks.append(chunk)
        }

        func timestamp(at place: Place) -> Timestamp? {
            place.chunk < chunks.count ? chunks[place.chunk][place.entry].timestamp : nil
        }

        func update(at place: Place) -> Update {
            let entry = chunks[place.chunk][place.entry]
            return Update(
                payload: entry.payload, timestamp: entry.timestamp, source: source,
                tail: tails.isEmpty ? nil : tails[entry.timestamp])
        }

        func place(next place: Place) -> Place {
            place.entry + 1 < chunks[place.chunk].count
                ? Place(chunk: place.chunk, entry: place.entry + 1)
                : Place(chunk: place.chunk + 1, entry: 0)
        }

        /// Returns the first place newer than `timestamp`, or the end if there is none.
        ///
        /// - Complexity: O(log n).
        func place(after timestamp: Timestamp?) -> Place {
            guard let timestamp else { return Place(chunk: 0, entry: 0) }
            let chunk = Run.firstIndex(in: chunks) { $0[$0.count - 1].timestamp > timestamp }
            guard chunk < chunks.count else { return Place(chunk: chunk, entry: 0) }
            let entry = Run.firstIndex(in: chunks[chunk]) { $0.timestamp > timestamp }
            return Place(chunk: chunk, entry: entry)
        }

        /// Returns the first place that is not older than `timestamp`, or the end.
        private func place(notBefore timestamp: Timestamp) -> Place {
            place(after: Timestamp(timestamp.value.nextDown))
        }

        func place(of timestamp: Timestamp) -> Place? {
            let place = place(notBefore: timestamp)
            return self.timestamp(at: place) == timestamp ? place : nil
        }

        /// Returns how many updates are at or after a place.
        ///
        /// - Complexity: O(n ⁄ 128).
        func count(from place: Place) -> Int {
            chunks[place.chunk...].reduce(0) { $0 + $1.count } - place.entry
        }

        /// Removes an update and returns it.
        mutating func remove(_ timestamp: Timestamp) -> Update? {
            guard let place = place(of: timestamp) else { return nil }
            let update = update(at: place)
            if update.tail != nil { tails[timestamp] = nil }
            chunks[place.chunk].remove(at: place.entry)
            close(place.chunk)
            return update
        }

        /// Removes the updates from this timestamp on and returns them; they may be appended again.
        mutating func removeAll(from timestamp: Timestamp) -> [Update] {
            let start = place(notBefore: timestamp)
            var removed: [Update] = []
            var place = start
            while let timestamp = self.timestamp(at: place) {
                removed.append(update(at: place))
                tails[timestamp] = nil
                place = self.place(next: place)
            }
            if start.entry > 0 {
                chunks[start.chunk].removeSubrange(start.entry...)
                chunks.removeSubrange((start.chunk + 1)...)
            } else {
                chunks.removeSubrange(start.chunk...)
            }
            newest = chunks.last?.last?.timestamp
            return removed
        }

        /// Joins a chunk that has become small with the one before it, so that a few updates never
        /// occupy the memory of many.
        private mutating func close(_ chunk: Int) {
            if chunks[chunk].isEmpty {
                chunks.remove(at: chunk)
            } else if chunk > 0, chunks[chunk].count + chunks[chunk - 1].count <= Run.chunkSize / 2
            {
                let entries = chunks.remove(at: chunk)
                chunks[chunk - 1].append(contentsOf: entries)
            }
        }

        /// Returns the first index whose element satisfies a condition that all later ones satisfy
        /// too, or the end.
        @inline(__always)
        private static func firstIndex<Element>(
            in elements: [Element], where isBehind: (Element) -> Bool
        ) -> Int {
            var (low, high) = (0, elements.count)
            while low < high {
                let middle = (low + high) / 2
                if isBehind(elements[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }
}

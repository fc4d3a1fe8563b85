// SPDX-License-Identifier: MIT

extension UpdateLog {
    /// The updates of one source in ascending order.
    ///
    /// They are stored in chunks. No update moves when the run grows, and at most one chunk has
    /// spare room, so the overhead per payload is an entry of 16 bytes and the array's header.
    struct Run: Sendable {
        struct Entry: Sendable {
            let timestamp: Timestamp
            let payload: Payload
        }

        static let chunkSize = 1_024

        let source: Source
        private var chunks: [[Entry]] = []
        /// The unusual tails by position; few updates have one.
        private var tails: [Int: [UInt8]] = [:]
        private(set) var count = 0

        init(source: Source) { self.source = source }

        private(set) var last: Timestamp?

        /// Appends an update of this source; returns `false` if it is not newer than the last one.
        mutating func append(_ update: Update) -> Bool {
            if let last, last >= update.timestamp { return false }
            let entry = Entry(timestamp: update.timestamp, payload: update.payload)
            if let tail = update.tail { tails[count] = tail }
            if count % Run.chunkSize == 0 {
                chunks.append([entry])
            } else {
                if count % Run.chunkSize == 64 {
                    chunks[chunks.count - 1].reserveCapacity(Run.chunkSize)
                }
                chunks[chunks.count - 1].append(entry)
            }
            count += 1
            last = update.timestamp
            return true
        }

        func timestamp(_ position: Int) -> Timestamp {
            chunks[position / Run.chunkSize][position % Run.chunkSize].timestamp
        }

        func update(position: Int) -> Update {
            let entry = chunks[position / Run.chunkSize][position % Run.chunkSize]
            return Update(
                payload: entry.payload, timestamp: entry.timestamp, source: source,
                tail: tails.isEmpty ? nil : tails[position])
        }

        func update(at timestamp: Timestamp) -> Update? {
            let position = firstPosition(after: timestamp) - 1
            guard position >= 0, self.timestamp(position) == timestamp else { return nil }
            return update(position: position)
        }

        /// Returns the position of the first update that a peer lacks after it has seen
        /// `timestamp`.
        func position(after timestamp: Timestamp?) -> Int {
            timestamp.map { firstPosition(after: $0) } ?? 0
        }

        /// Removes the updates from this timestamp on and returns them.
        mutating func removeAll(from timestamp: Timestamp) -> [Update] {
            var start = firstPosition(after: timestamp)
            if start > 0, self.timestamp(start - 1) == timestamp { start -= 1 }
            let removed = (start..<count).map { update(position: $0) }
            for position in start..<count { tails[position] = nil }
            chunks.removeLast(chunks.count - (start + Run.chunkSize - 1) / Run.chunkSize)
            let rest = start % Run.chunkSize
            if rest > 0 {
                chunks[chunks.count - 1].removeLast(chunks[chunks.count - 1].count - rest)
            }
            count = start
            last = start > 0 ? self.timestamp(start - 1) : nil
            return removed
        }

        /// Returns the position of the first update newer than `timestamp`, or `count` if there is
        /// none.
        func firstPosition(after timestamp: Timestamp) -> Int {
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                if self.timestamp(middle) <= timestamp { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}

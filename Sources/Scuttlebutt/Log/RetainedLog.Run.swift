// SPDX-License-Identifier: MIT

extension RetainedLog {
    /// The retained updates of one source in ascending order.
    ///
    /// They are stored in chunks small enough to close a gap by moving what follows it.
    struct Run: Sendable {
        struct Entry: Sendable {
            let timestamp: Timestamp
            let payload: Payload
        }

        struct Place: Sendable {
            var chunk: Int
            var entry: Int
        }

        static let chunkSize = 128

        let source: Source
        /// The newest timestamp ever appended.
        private(set) var newest: Timestamp?
        /// No chunk is empty.
        private var chunks: [[Entry]] = []
        /// The unusual tails; few updates have one.
        private var tails: [Timestamp: [UInt8]] = [:]

        init(source: Source) { self.source = source }

        mutating func append(_ update: Update) -> Bool {
            if let newest, newest >= update.timestamp { return false }
            newest = update.timestamp
            if let tail = update.tail { tails[update.timestamp] = tail }
            let entry = Entry(timestamp: update.timestamp, payload: update.payload)
            if let last = chunks.last, last.count < Run.chunkSize {
                chunks[chunks.count - 1].append(entry)
            } else {
                chunks.append([entry])
            }
            return true
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
        func place(after timestamp: Timestamp?) -> Place {
            guard let timestamp else { return Place(chunk: 0, entry: 0) }
            var (low, high) = (0, chunks.count)
            while low < high {
                let middle = (low + high) / 2
                if chunks[middle][chunks[middle].count - 1].timestamp <= timestamp {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            guard low < chunks.count else { return Place(chunk: low, entry: 0) }
            let chunk = low
            (low, high) = (0, chunks[chunk].count)
            while low < high {
                let middle = (low + high) / 2
                if chunks[chunk][middle].timestamp <= timestamp {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return Place(chunk: chunk, entry: low)
        }

        func place(of timestamp: Timestamp) -> Place? {
            let place = place(after: Timestamp(timestamp.value.nextDown) ?? .zero)
            return self.timestamp(at: place) == timestamp ? place : nil
        }

        mutating func remove(_ timestamp: Timestamp) -> Update? {
            guard let place = place(of: timestamp) else { return nil }
            let update = update(at: place)
            if update.tail != nil { tails[timestamp] = nil }
            chunks[place.chunk].remove(at: place.entry)
            close(place.chunk)
            return update
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
    }
}

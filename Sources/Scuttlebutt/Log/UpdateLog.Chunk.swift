// SPDX-License-Identifier: MIT

extension UpdateLog {
    /// Some consecutive updates of one source: their bytes back to back in one buffer, and a row of
    /// 12 bytes for each.
    ///
    /// No update has an object, an allocation or a reference count of its own. A removed update is
    /// marked as dead, and its bytes go when half of the chunk is dead. The last row is never dead.
    struct Chunk: Sendable {
        /// The most rows in a chunk.
        static let rowLimit = 512
        /// The most bytes in a chunk, except in one that holds a single larger update.
        static let byteLimit = 64 << 10
        /// The most bytes of one update, with its tail, that a row can tell.
        static let updateByteLimit = 1 << 29

        /// Where an update ends in the buffer, and its timestamp.
        ///
        /// The timestamp is kept in two halves, so that a row is aligned to 4 bytes and has no gap.
        struct Row: Sendable {
            private let high: UInt32
            private let low: UInt32
            private var extent: UInt32

            private static let deadBit: UInt32 = 1 << 31
            private static let tailBit: UInt32 = 1 << 30

            @inline(__always)
            init(_ timestamp: Timestamp, end: Int, hasTail: Bool) {
                let bits = timestamp.value.bitPattern
                high = UInt32(truncatingIfNeeded: bits >> 32)
                low = UInt32(truncatingIfNeeded: bits)
                extent = UInt32(truncatingIfNeeded: end) | (hasTail ? Row.tailBit : 0)
            }

            @inline(__always)
            var timestamp: Timestamp {
                Timestamp(
                    unchecked: Double(bitPattern: UInt64(high) << 32 | UInt64(low)))
            }

            @inline(__always)
            var end: Int { Int(extent & ~(Row.deadBit | Row.tailBit)) }

            @inline(__always)
            var hasTail: Bool { extent & Row.tailBit != 0 }

            @inline(__always)
            var isDead: Bool { extent & Row.deadBit != 0 }

            mutating func markDead() { extent |= Row.deadBit }
        }

        /// For each update its payload, and if it has a tail, that and its length.
        ///
        /// The length takes 4 bytes, the lowest first. What precedes it is the line without its
        /// bracket.
        private(set) var bytes: [UInt8] = []
        private(set) var rows: [Row] = []
        /// How many rows are dead.
        private(set) var deadCount = 0
        private var deadByteCount = 0

        private static let lengthByteCount = 4

        /// Creates a chunk, with room for one like `previous` if there was one: a short run stays
        /// small, and a long one does not grow each chunk step by step.
        init(after previous: Chunk?) {
            guard let previous else { return }
            rows.reserveCapacity(previous.rows.count)
            let expected = previous.bytes.count + previous.bytes.count / 16
            bytes.reserveCapacity(min(expected, Chunk.byteLimit))
        }

        /// The number of updates.
        var count: Int { rows.count - deadCount }

        /// The timestamp of the last update; a chunk of a run has one.
        var last: Timestamp? { rows.last?.timestamp }

        /// The number of bytes that updates occupy, with the lengths of tails.
        var liveByteCount: Int { bytes.count - deadByteCount }

        /// The number of bytes in the payloads and tails of the updates.
        ///
        /// - Complexity: O(rows).
        var updateByteCount: Int {
            let tailCount = rows.count { $0.hasTail && !$0.isDead }
            return liveByteCount - tailCount * Chunk.lengthByteCount
        }

        /// Returns whether an update of this many bytes may be appended.
        @inline(__always)
        func hasRoom(for byteCount: Int) -> Bool {
            rows.count < Chunk.rowLimit
                && (bytes.count + byteCount + Chunk.lengthByteCount <= Chunk.byteLimit
                    || rows.isEmpty)
        }

        /// Appends an update if there is room for it.
        @inline(__always)
        mutating func take(
            _ payload: Payload, _ byteCount: Int, at timestamp: Timestamp, tail: [UInt8]?
        ) -> Bool {
            guard hasRoom(for: byteCount) else { return false }
            append(payload, at: timestamp, tail: tail)
            return true
        }

        @inline(__always)
        mutating func append(_ payload: Payload, at timestamp: Timestamp, tail: [UInt8]?) {
            // As a buffer, because appending an array counts a reference to it.
            payload.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
            if let tail {
                bytes.append(contentsOf: tail)
                for shift in [UInt32(0), 8, 16, 24] {
                    bytes.append(UInt8(truncatingIfNeeded: UInt32(tail.count) >> shift))
                }
            }
            rows.append(Row(timestamp, end: bytes.count, hasTail: tail != nil))
        }

        /// Gives back the room that is left over, when nothing more will be appended.
        mutating func seal() {
            if bytes.capacity - bytes.count > bytes.count / 8 { bytes = Array(bytes[...]) }
            if rows.capacity - rows.count > rows.count / 8 { rows = Array(rows[...]) }
        }

        /// Where the bytes of an update begin.
        @inline(__always)
        func start(of row: Int) -> Int { row == 0 ? 0 : rows[row - 1].end }

        /// Where the payload of an update ends.
        @inline(__always)
        func payloadEnd(of row: Int) -> Int {
            rows[row].hasTail ? tailEnd(of: row) - tailByteCount(of: row) : rows[row].end
        }

        /// Where the line of an update ends that has a tail.
        func tailEnd(of row: Int) -> Int { rows[row].end - Chunk.lengthByteCount }

        private func tailByteCount(of row: Int) -> Int {
            var count = 0
            for byte in bytes[tailEnd(of: row)..<rows[row].end].reversed() {
                count = count << 8 | Int(byte)
            }
            return count
        }

        /// The number of bytes in the payload of an update.
        @inline(__always)
        func payloadByteCount(of row: Int) -> Int { payloadEnd(of: row) - start(of: row) }

        /// The number of bytes in the payload and the tail of an update.
        func byteCount(of row: Int) -> Int {
            (rows[row].hasTail ? tailEnd(of: row) : rows[row].end) - start(of: row)
        }

        func payload(of row: Int) -> Payload { Array(bytes[start(of: row)..<payloadEnd(of: row)]) }

        func tail(of row: Int) -> [UInt8]? {
            rows[row].hasTail ? Array(bytes[payloadEnd(of: row)..<tailEnd(of: row)]) : nil
        }

        /// Returns the first row at or after this one that is not dead, or the number of rows.
        @inline(__always)
        func live(from row: Int) -> Int {
            var row = row
            if deadCount > 0 { while row < rows.count, rows[row].isDead { row += 1 } }
            return row
        }

        /// Returns how many updates are at or after a row.
        func count(from row: Int) -> Int {
            if deadCount == 0 { return rows.count - row }
            return rows[row...].count { !$0.isDead }
        }

        /// Returns the first row, dead or not, whose timestamp is not below `timestamp`.
        func firstRow(notBefore timestamp: Timestamp) -> Int {
            var (low, high) = (0, rows.count)
            while low < high {
                let middle = (low + high) / 2
                if rows[middle].timestamp < timestamp { low = middle + 1 } else { high = middle }
            }
            return low
        }

        /// Removes an update.
        ///
        /// - Complexity: O(1) amortised over the updates removed.
        mutating func remove(at row: Int) {
            deadCount += 1
            deadByteCount += rows[row].end - start(of: row)
            rows[row].markDead()
            if row == rows.count - 1 { cutDeadEnd() }
            if (deadCount >= 8 && deadCount > rows.count / 2)
                || (deadByteCount >= 256 && deadByteCount > bytes.count / 2)
            {
                compact()
            }
        }

        /// Removes all updates from a row on.
        mutating func removeAll(from row: Int) {
            for index in row..<rows.count where rows[index].isDead {
                deadCount -= 1
                deadByteCount -= rows[index].end - start(of: index)
            }
            bytes.removeSubrange(start(of: row)...)
            rows.removeSubrange(row...)
            cutDeadEnd()
        }

        private mutating func cutDeadEnd() {
            var end = rows.count
            while end > 0, rows[end - 1].isDead {
                end -= 1
                deadCount -= 1
                deadByteCount -= rows[end].end - start(of: end)
            }
            guard end < rows.count else { return }
            rows.removeSubrange(end...)
            bytes.removeSubrange((rows.last?.end ?? 0)...)
        }

        private mutating func compact() {
            var compacted = Chunk(after: nil)
            compacted.bytes.reserveCapacity(liveByteCount)
            compacted.rows.reserveCapacity(count)
            compacted.append(contentsOf: self)
            self = compacted
        }

        /// Appends the updates of another chunk, without its dead ones.
        mutating func append(contentsOf other: Chunk) {
            for row in other.rows.indices where !other.rows[row].isDead {
                bytes.append(contentsOf: other.bytes[other.start(of: row)..<other.rows[row].end])
                let hasTail = other.rows[row].hasTail
                rows.append(Row(other.rows[row].timestamp, end: bytes.count, hasTail: hasTail))
            }
        }
    }
}

extension [UpdateLog.Chunk] {
    /// Returns the index of the first chunk that does not end before a timestamp, or the end.
    ///
    /// - Complexity: O(log n).
    @inline(__always)
    func firstIndex(reaching timestamp: Timestamp) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if let last = self[middle].last, last < timestamp {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

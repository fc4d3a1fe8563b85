// SPDX-License-Identifier: MIT

extension UpdateLog {
    /// Appends the lines of the updates that a peer with this vector lacks, in agreed order, as
    /// many as `limit` allows: the bytes go from the log into the block, and no update is made.
    ///
    /// - Parameters:
    ///   - known: What the peer has.
    ///   - covered: The newest timestamp of a source that may be written; `nil` for none.
    ///   - limit: The most to write.
    ///   - block: Where the lines go.
    /// - Complexity: O(sources + r log sources) for r updates written, without an allocation for
    ///   each.
    public func appendDelta(
        since known: VersionVector, upTo covered: (Source) -> Timestamp?, limit: DeltaLimit,
        to block: inout WireBlock
    ) -> DeltaExtent? {
        var writing = heads(since: known)
        // By the place of a head's run in `heads`, so that a heap moves no references.
        var limits: [Timestamp] = []
        var ends: [Timestamp?] = []
        var suffixes: [[UInt8]] = []
        var sources: [Source] = []
        var count = 0
        for var head in writing {
            let source = runs[head.run].source
            guard let last = covered(source), head.timestamp <= last else { continue }
            head.slot = limits.count
            limits.append(last)
            ends.append(nil)
            suffixes.append(ClassicWire.suffix(source))
            sources.append(source)
            writing[count] = head
            count += 1
        }
        writing.removeSubrange(count...)
        var room = limit
        var isFirst = true
        var isCut = false
        var heap = heap(of: writing)
        while var head = heap.first {
            let byteCount = runs[head.run].payloadByteCount(at: head.place)
            guard room.take(byteCount) || isFirst else {
                isCut = true
                break
            }
            isFirst = false
            runs[head.run].appendLine(at: head.place, suffix: suffixes[head.slot], to: &block)
            ends[head.slot] = head.timestamp
            head.place = runs[head.run].place(next: head.place)
            if let timestamp = runs[head.run].timestamp(at: head.place),
                timestamp <= limits[head.slot]
            {
                head.timestamp = timestamp
                heap.replaceFirst(head)
            } else {
                heap.removeFirst()
            }
        }
        var stamps: [Stamp] = []
        for (slot, end) in ends.enumerated() {
            if let end { stamps.append(Stamp(timestamp: end, source: sources[slot])) }
        }
        return DeltaExtent(ends: stamps, isCut: isCut)
    }
}

extension UpdateLog.Run {
    /// Appends the line of an update.
    ///
    /// - Parameter suffix: What follows the timestamp where there is no tail.
    @inline(__always)
    func appendLine(at place: Place, suffix: [UInt8], to block: inout WireBlock) {
        chunks[place.chunk].appendLine(of: place.row, suffix: suffix, to: &block)
    }
}

extension UpdateLog.Chunk {
    @inline(__always)
    func appendLine(of row: Int, suffix: [UInt8], to block: inout WireBlock) {
        let start = start(of: row)
        let hasTail = rows[row].hasTail
        let end = hasTail ? tailEnd(of: row) : rows[row].end
        bytes.withUnsafeBufferPointer { buffer in
            block.appendUpdate(
                UnsafeBufferPointer(rebasing: buffer[start..<end]),
                timestamp: hasTail ? nil : rows[row].timestamp, suffix: suffix)
        }
    }
}

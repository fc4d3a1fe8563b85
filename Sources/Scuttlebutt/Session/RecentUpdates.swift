// SPDX-License-Identifier: MIT

/// The updates accepted most recently, each encoded once for all live sessions.
///
/// Positions count from the first update ever appended. The number kept is bounded: these are only
/// copies, and a session that falls behind catches up from the log.
struct RecentUpdates: Sendable {
    /// The most updates kept.
    static let maximumCount = 16_384
    /// The most bytes of lines kept.
    static let maximumBytes = 8 << 20

    private struct Entry: Sendable {
        let stamp: Stamp
        let line: [UInt8]
    }

    private var entries: [Entry] = []
    /// How many of `entries` are dropped but not yet removed.
    ///
    /// They are removed once they are more than half, so that dropping one costs O(1) amortised.
    private var dropped = 0
    private var byteCount = 0
    /// The position of the oldest update kept.
    private(set) var start = 0

    /// The position after the newest update.
    var end: Int { start + entries.count - dropped }

    mutating func append(_ update: Update) {
        var line: [UInt8] = []
        // Reserves the whole line at once: a timestamp has at most 25 characters.
        let tail = update.tail?.count ?? update.source.utf8.count + 32
        line.reserveCapacity(update.payload.count + tail + 2)
        ClassicWire.append(update, to: &line)
        line.append(UInt8(ascii: "\n"))
        byteCount += line.count
        entries.append(Entry(stamp: update.stamp, line: line))
        while end - start > RecentUpdates.maximumCount
            || (byteCount > RecentUpdates.maximumBytes && end - start > 1)
        {
            byteCount -= entries[dropped].line.count
            dropped += 1
            start += 1
        }
        if dropped > entries.count / 2 {
            entries.removeFirst(dropped)
            dropped = 0
        }
    }

    /// Drops all updates; positions continue.
    mutating func clear() {
        start = end
        entries = []
        dropped = 0
        byteCount = 0
    }

    /// The length of an update's line in bytes, without the newline.
    func lineByteCount(_ position: Int) -> Int {
        entries[position - start + dropped].line.count - 1
    }

    func stamp(_ position: Int) -> Stamp { entries[position - start + dropped].stamp }

    /// Returns the lines of a stretch.
    func block(_ stretch: Range<Int>) -> WireBlock {
        let byteCount = stretch.reduce(0) { $0 + entries[$1 - start + dropped].line.count }
        var block = WireBlock(byteCount: byteCount, lineCount: stretch.count)
        for position in stretch { append(position, to: &block) }
        return block
    }

    func append(_ position: Int, to block: inout WireBlock) {
        block.append(line: entries[position - start + dropped].line)
    }

    /// Returns the end of the longest stretch from `position` within `limit`, of at least one
    /// update.
    func end(from position: Int, limit: DeltaLimit) -> Int {
        var (count, bytes, next) = (0, 0, position)
        while next < end, count < limit.updates {
            bytes += entries[next - start + dropped].line.count
            guard bytes <= limit.bytes || count == 0 else { break }
            count += 1
            next += 1
        }
        return next
    }
}

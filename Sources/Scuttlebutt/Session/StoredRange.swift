// SPDX-License-Identifier: MIT

/// A part of the log that a session needs from the storage; its driver reads it and hands it back.
public struct StoredRange: Hashable, Sendable {
    /// The peer that lacks it.
    public let peer: PeerID
    /// Where to begin: after this stamp, or at the beginning of the log.
    public let after: Stamp?
    /// Tells it from earlier ones of the session, which need not be answered any more.
    let generation: Int
}

/// How far a session has read from the storage.
///
/// Invariant: *everything accepted up to the cursor was sent, is known to the peer, or waits in*
/// ``late``. A page is completed from memory when it arrives, because what is not durable yet is
/// missing in it, and by what is accepted at its places afterwards.
struct StoredProgress: Sendable {
    /// `nil` before the first page, or at the beginning of the log.
    private(set) var cursor: Stamp?
    /// What was read and not sent yet, in agreed order.
    private var page: ArraySlice<Update> = []
    /// What was accepted at or before the cursor and not sent yet, in the order of acceptance.
    private var late: [Update] = []
    /// Whether a page is awaited.
    ///
    /// There is never more than one on its way, however often the peer begins again.
    private(set) var isReading = false
    /// Whether the page that is awaited is of no use any more.
    private var isStale = false
    private(set) var generation = 0
    /// The range to ask the driver for.
    var request: (after: Stamp?, generation: Int)?

    /// The most updates in ``late``; beyond it, reading goes back instead.
    static let lateLimit = 4_096

    /// Asks for the next page.
    mutating func read(after start: StoredStart) {
        generation += 1
        isReading = true
        isStale = false
        if cursor == nil, let timestamp = start.after { cursor = Stamp(before: timestamp) }
        request = (cursor, generation)
    }

    /// Whether this is the page that is awaited.
    func awaits(_ range: StoredRange) -> Bool { isReading && range.generation == generation }

    /// Begins again, because the peer has told once more what it has.
    mutating func restart() {
        cursor = nil
        page = []
        late = []
        request = nil
        isStale = isReading
    }

    /// Drops the page that arrives, if it is of no use any more.
    ///
    /// - Returns: Whether it was.
    mutating func dropStale() -> Bool {
        guard isStale else { return false }
        (isReading, isStale) = (false, false)
        return true
    }

    /// Takes a page.
    ///
    /// - Parameter memory: What the peer lacks and memory has, up to the end of the page.
    mutating func take(_ updates: [Update], and memory: [Update]) {
        isReading = false
        guard !memory.isEmpty else {
            page = updates[...]
            return
        }
        var merged: [Update] = []
        merged.reserveCapacity(updates.count + memory.count)
        // What comes up to the cursor is in `late`.
        var next =
            memory.firstIndex { one in cursor.map { $0 < one.stamp } ?? true }
            ?? memory.count
        for update in updates {
            while next < memory.count, memory[next].stamp < update.stamp {
                merged.append(memory[next])
                next += 1
            }
            if next < memory.count, memory[next].stamp == update.stamp { next += 1 }
            merged.append(update)
        }
        merged += memory[next...]
        page = merged[...]
    }

    /// Ends reading: the rest is in memory.
    mutating func finish() { cursor = nil }

    /// The next update to send, if one is at hand.
    var first: Update? { late.first ?? page.first }

    /// Removes the next update.
    mutating func removeFirst() {
        if late.isEmpty {
            cursor = page.removeFirst().stamp
        } else {
            late.removeFirst()
        }
    }

    /// Takes note of an update that was accepted at a place that was read already.
    mutating func note(accepted update: Update) {
        let stamp = update.stamp
        if let cursor, stamp <= cursor {
            guard late.count < StoredProgress.lateLimit else { return goBack(to: stamp) }
            late.append(update)
        } else if let last = page.last, stamp < last.stamp {
            let place = page.firstIndex { stamp < $0.stamp } ?? page.endIndex
            // An own update is read before it may be sent, and accepted when it may.
            if place > page.startIndex, page[place - 1].stamp == stamp { return }
            page.insert(update, at: place)
        }
    }

    /// Takes note that memory has dropped something.
    ///
    /// It may have become durable after the page that is on its way was read, and so would be
    /// neither in the page nor in memory: the page is read again.
    mutating func noteDropped() {
        if isReading { isStale = true }
    }

    /// Reads again from the oldest update that is late.
    private mutating func goBack(to stamp: Stamp) {
        var oldest = stamp
        for update in late { oldest = min(oldest, update.stamp) }
        cursor = Stamp(before: oldest.timestamp)
        late = []
        page = []
        isStale = isReading
    }
}

extension Stamp {
    /// A place before all updates with this timestamp.
    fileprivate init(before timestamp: Timestamp) {
        self.init(
            timestamp: Timestamp(timestamp.value.nextDown) ?? .zero, source: Source(unchecked: []))
    }
}

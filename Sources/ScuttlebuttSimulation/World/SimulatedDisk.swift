// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The disk of one peer: a file of wire lines, with at most one write in progress, and the
/// checkpoints of the state.
///
/// It makes the promises of `LogStorage` in the runtime: what was acknowledged survives everything,
/// a failed write leaves nothing, and any prefix of a write in progress may survive the loss of
/// power. The next start drops what follows the last newline. It also makes the promises of
/// `TieredLogStorage`: pages are in agreed order, and whatever stores an update removes the
/// checkpoints that lack it.
public struct SimulatedDisk: Sendable {
    /// The bytes that survive the loss of power.
    private(set) var durable: [UInt8] = []
    private var writing: [UInt8] = []
    private var writingUpdates: [Update] = []
    private var copy: (durable: [UInt8], checkpoints: [SimulatedCheckpoint])?
    /// Whether it is read in part, so that ``log`` and ``checkpoints`` are maintained.
    let isTiered: Bool
    /// All durable updates of a tiered disk, in agreed order once ``arrange()`` was called.
    private var log: [Update] = []
    private var isArranged = true
    /// The number of updates that were ever appended, and the stamps of the last ones.
    private var appended: [Stamp] = []
    /// The checkpoints, the oldest first.
    private(set) var checkpoints: [SimulatedCheckpoint] = []
    var failingWrites = 0
    var isFull = false
    /// The timestamp of the newest durable own update.
    private(set) var durableOwn: Timestamp?
    private var writingOwn: Timestamp?

    init(isTiered: Bool = false) { self.isTiered = isTiered }

    /// Begins a write.
    mutating func begin(_ entries: [(token: Int, updates: [Update])], own: Source) {
        writing.removeAll(keepingCapacity: true)
        writingOwn = nil
        writingUpdates.removeAll(keepingCapacity: true)
        for entry in entries {
            if isTiered { writingUpdates += entry.updates }
            for update in entry.updates {
                ClassicWire.append(update, to: &writing)
                writing.append(UInt8(ascii: "\n"))
                if update.source == own {
                    writingOwn = max(writingOwn ?? update.timestamp, update.timestamp)
                }
            }
        }
    }

    /// Ends the write in progress and returns whether it is durable.
    mutating func end() -> Bool {
        if isFull || failingWrites > 0 {
            failingWrites = max(failingWrites - 1, 0)
            writing.removeAll(keepingCapacity: true)
            return false
        }
        durable += writing
        writing.removeAll(keepingCapacity: true)
        if isTiered { store(writingUpdates) }
        if let writingOwn { durableOwn = max(durableOwn ?? writingOwn, writingOwn) }
        return true
    }

    /// Loses power; so many thousandths of the write in progress survive.
    mutating func losePower(kept: Int) {
        var surviving = writing.prefix(writing.count * min(max(kept, 0), 1_000) / 1_000)
        writing = []
        // A torn line does not count.
        while let last = surviving.last, last != UInt8(ascii: "\n") { surviving.removeLast() }
        durable += surviving
        guard isTiered else { return }
        store(Array(writingUpdates.prefix(surviving.count { $0 == UInt8(ascii: "\n") })))
        writingUpdates = []
    }

    mutating func backUp() { copy = (durable, checkpoints) }

    /// Restores the copy and returns whether there is one.
    mutating func restoreBackup() -> Bool {
        guard let copy else { return false }
        (durable, checkpoints) = copy
        (writing, writingUpdates) = ([], [])
        durableOwn = nil
        return true
    }

    /// Reads all durable updates, ascending per source.
    mutating func load(_ wire: ClassicWire, own: Source) -> [Update] {
        var decoder = LineDecoder(wire: wire)
        var updates: [Update] = []
        durableOwn = nil
        durable.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count,
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
            {
                let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
                if case .message(.update(let update))? = try? decoder.decode(line) {
                    updates.append(update)
                    if update.source == own {
                        durableOwn = max(durableOwn ?? update.timestamp, update.timestamp)
                    }
                }
                start = end + 1
            }
        }
        // A lost own update may have come home after newer ones were written.
        updates.sort { $0.stamp < $1.stamp }
        if isTiered { (log, isArranged) = (updates, true) }
        return updates
    }
}

// MARK: Reading in part, and checkpoints

extension SimulatedDisk {
    private mutating func store(_ updates: [Update]) {
        for update in updates {
            if let last = log.last, update.stamp < last.stamp { isArranged = false }
            log.append(update)
            appended.append(update.stamp)
            if !checkpoints.isEmpty {
                checkpoints.removeAll { $0.description.covers(update.stamp) }
            }
        }
    }

    private mutating func arrange() {
        guard !isArranged else { return }
        log.sort { $0.stamp < $1.stamp }
        isArranged = true
    }

    /// All durable updates, in agreed order.
    mutating func updates() -> [Update] {
        arrange()
        return log
    }

    /// Returns the updates after a stamp, in agreed order.
    mutating func updates(after stamp: Stamp?, limit: Int) -> [Update] {
        arrange()
        var (low, high) = (0, stamp == nil ? 0 : log.count)
        while let stamp, low < high {
            let middle = (low + high) / 2
            if log[middle].stamp <= stamp { low = middle + 1 } else { high = middle }
        }
        return Array(log[low..<min(low + limit, log.count)])
    }

    /// Returns whether an update is durable, and what it is.
    mutating func update(at stamp: Stamp) -> Update? {
        guard let before = Timestamp(stamp.timestamp.value.nextDown) else { return nil }
        var cursor = Stamp(timestamp: before, source: stamp.source)
        // Others may have the same timestamp.
        while let next = updates(after: cursor, limit: 1).first, next.stamp <= stamp {
            if next.stamp == stamp { return next }
            cursor = next.stamp
        }
        return nil
    }

    /// Returns the newest stamp after which there are at most so many updates.
    mutating func floor(leaving count: Int) -> Stamp? {
        arrange()
        return log.count > count ? log[log.count - count - 1].stamp : nil
    }

    /// The newest stamp of each source, and the number of its updates.
    var sources: [UpdateLog.StoredSource] {
        var places: [Source: Int] = [:]
        var found: [UpdateLog.StoredSource] = []
        for update in log {
            if let place = places[update.source] {
                found[place] = UpdateLog.StoredSource(
                    newest: max(found[place].newest, update.stamp), count: found[place].count + 1)
            } else {
                places[update.source] = found.count
                found.append(UpdateLog.StoredSource(newest: update.stamp, count: 1))
            }
        }
        return found
    }

    /// The present end of the log.
    var mark: Int { appended.count }

    /// Stores a checkpoint, unless an update that belongs to it was stored after `mark`.
    ///
    /// - Returns: `nil` if the disk is full or fails, and `false` if it was overtaken.
    mutating func file(_ checkpoint: SimulatedCheckpoint, since mark: Int) -> Bool? {
        if isFull { return nil }
        if failingWrites > 0 {
            failingWrites -= 1
            return nil
        }
        let description = checkpoint.description
        guard appended[min(mark, appended.count)...].allSatisfy({ !description.covers($0) }) else {
            return false
        }
        checkpoints.removeAll { $0.description.stamp == description.stamp }
        checkpoints.append(checkpoint)
        checkpoints.sort { $0.description.stamp < $1.description.stamp }
        return true
    }

    /// Removes checkpoints.
    mutating func remove(_ surplus: [StoredCheckpoint]) {
        checkpoints.removeAll { entry in surplus.contains { $0.stamp == entry.description.stamp } }
    }

    /// Damages a checkpoint: its description, so that it is not listed any more, or its state.
    mutating func damage(_ random: inout SplitMix64) {
        guard !checkpoints.isEmpty else { return }
        // Usually the newest, which is the one that matters.
        let place = random.chance(70) ? checkpoints.count - 1 : random.below(checkpoints.count)
        if checkpoints[place].state.isEmpty || random.chance(10) {
            checkpoints.remove(at: place)
        } else {
            let byte = random.below(checkpoints[place].state.count)
            checkpoints[place].state[byte] ^= 1 << UInt8(random.below(8))
        }
    }
}

/// A checkpoint on a simulated disk.
struct SimulatedCheckpoint: Sendable {
    let description: StoredCheckpoint
    var state: [UInt8]
}

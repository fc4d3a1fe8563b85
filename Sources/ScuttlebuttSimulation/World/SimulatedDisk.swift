// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The disk of one peer: a file of wire lines, with at most one write in progress.
///
/// It makes the promises of `LogStorage` in the runtime: what was acknowledged survives everything,
/// a failed write leaves nothing, and any prefix of a write in progress may survive the loss of
/// power. The next start drops what follows the last newline.
struct SimulatedDisk: Sendable {
    /// The bytes that survive the loss of power.
    private(set) var durable: [UInt8] = []
    private var writing: [UInt8] = []
    private var copy: [UInt8]?
    var failingWrites = 0
    var isFull = false
    /// The timestamp of the newest durable own update.
    private(set) var durableOwn: Timestamp?
    private var writingOwn: Timestamp?

    /// Begins a write.
    mutating func begin(_ entries: [(token: Int, updates: [Update])], own: Source) {
        writing.removeAll(keepingCapacity: true)
        writingOwn = nil
        for entry in entries {
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
        if let writingOwn { durableOwn = max(durableOwn ?? writingOwn, writingOwn) }
        return true
    }

    /// Loses power; so many thousandths of the write in progress survive.
    mutating func losePower(kept: Int) {
        durable += writing.prefix(writing.count * min(max(kept, 0), 1_000) / 1_000)
        writing = []
        // A torn line does not count.
        while let last = durable.last, last != UInt8(ascii: "\n") { durable.removeLast() }
    }

    mutating func backUp() { copy = durable }

    /// Restores the copy and returns whether there is one.
    mutating func restoreBackup() -> Bool {
        guard let copy else { return false }
        (durable, writing) = (copy, [])
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
        return updates.sorted { $0.stamp < $1.stamp }
    }
}

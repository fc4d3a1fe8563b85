// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A model whose values have no type yet: the winning write of each key, and its update.
struct ModelCore: Sendable {
    /// The latest write of a key.
    struct Winner: Sendable {
        let payload: Payload
        /// The range of the value in the payload.
        let value: Range<Int32>
        let timestamp: Timestamp
        let source: Source

        var stamp: Stamp { Stamp(timestamp: timestamp, source: source) }
        var bytes: [UInt8] { Array(payload[range]) }
        var isNull: Bool { payload.isNull(range) }
        private var range: Range<Int> { Int(value.lowerBound)..<Int(value.upperBound) }
    }

    /// The effect of one update.
    struct Change {
        let key: PropertyKey
        let stamp: Stamp
        let old: [UInt8]?
        let new: [UInt8]
    }

    private var table = KeyTable()
    /// The winners, by the number of the key.
    private var winners: [Winner] = []
    /// Exactly the updates of the winners.
    private(set) var log = UpdateLog()

    /// Applies an update.
    ///
    /// - Parameters:
    ///   - update: The update.
    ///   - describes: Whether to describe what changed.
    mutating func apply(_ update: Update, describes: Bool) -> (Application, Change?) {
        guard let parts = KeyedPayload.parse(update.payload) else {
            return (.refused("a model's update must be [key, value] with a string as the key"), nil)
        }
        // Offsets of 32 bits keep a winner in five words. A line has at most a few megabytes.
        guard let start = Int32(exactly: parts.value.lowerBound),
            let end = Int32(exactly: parts.value.upperBound)
        else { return (.refused("a model's update must be shorter than two gigabytes"), nil) }
        guard log.append(update) else { return (.applied, nil) }
        let winner = Winner(
            payload: update.payload, value: start..<end, timestamp: update.timestamp,
            source: update.source)
        let (number, isNew) = table.insert(parts.key)
        if isNew {
            winners.append(winner)
            return (.applied, describes ? Self.change(parts, update, old: nil) : nil)
        }
        let old = winners[number]
        guard old.stamp < update.stamp else {
            log.remove(update.stamp)
            return (.applied, nil)
        }
        log.remove(old.stamp)
        winners[number] = winner
        return (.applied, describes ? Self.change(parts, update, old: old) : nil)
    }

    /// The number of keys that were ever set.
    var count: Int { winners.count }

    /// The latest write of a key.
    func winner(of key: PropertyKey) -> Winner? { table.number(of: key).map { winners[$0] } }

    private static func change(
        _ parts: KeyedPayload.Parts, _ update: Update, old: Winner?
    ) -> Change {
        Change(
            key: parts.key, stamp: update.stamp, old: old?.bytes,
            new: Array(update.payload[parts.value]))
    }

    /// All keys in export order, including those set to `null`.
    var keys: [PropertyKey] { table.keys.sorted(by: PropertyKey.objectOrder) }

    /// The keys that are not set to `null`, in export order.
    var presentKeys: [PropertyKey] {
        winners.indices.filter { !winners[$0].isNull }.map { table.keys[$0] }
            .sorted(by: PropertyKey.objectOrder)
    }

    func appendDump(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for key in presentKeys {
            guard let winner = winner(of: key) else { continue }
            writer.begin(key, in: &output)
            output.append(contentsOf: winner.bytes)
        }
        writer.end(in: &output)
    }
}

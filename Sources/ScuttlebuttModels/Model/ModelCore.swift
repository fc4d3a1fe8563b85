// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The model without the type of its values: what wins each key, and the winners' updates.
struct ModelCore: Sendable {
    /// What a key was last set to.
    struct Winner: Sendable {
        let payload: Payload
        /// Where the value stands in the payload.
        let value: Range<Int32>
        let timestamp: Timestamp
        let source: Source

        var stamp: Stamp { Stamp(timestamp: timestamp, source: source) }
        var bytes: [UInt8] { Array(payload[range]) }
        var isNull: Bool { payload.isNull(range) }
        private var range: Range<Int> { Int(value.lowerBound)..<Int(value.upperBound) }
    }

    /// What one update did.
    struct Change {
        let key: PropertyKey
        let stamp: Stamp
        let old: [UInt8]?
        let new: [UInt8]
    }

    private var table = KeyTable()
    /// By the number of the key.
    private var winners: [Winner] = []
    /// Exactly the updates of the winners.
    private(set) var log = RetainedLog()

    /// Takes one update; `describes` asks for what changed.
    mutating func apply(_ update: Update, describes: Bool) -> (Application, Change?) {
        guard let parts = KeyedPayload.parse(update.payload) else {
            return (.refused("a model's update is [key, value], with a string as key"), nil)
        }
        // Offsets of 32 bits keep a winner in five words; a line is at most some megabytes long.
        guard let start = Int32(exactly: parts.value.lowerBound),
            let end = Int32(exactly: parts.value.upperBound)
        else { return (.refused("a model's update is at most two gigabytes long"), nil) }
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

    /// How many keys were ever set.
    var count: Int { winners.count }

    /// What a key was last set to.
    func winner(of key: PropertyKey) -> Winner? { table.number(of: key).map { winners[$0] } }

    private static func change(
        _ parts: KeyedPayload.Parts, _ update: Update, old: Winner?
    ) -> Change {
        Change(
            key: parts.key, stamp: update.stamp, old: old?.bytes,
            new: Array(update.payload[parts.value]))
    }

    /// All keys, those set to `null` included, in the order of export.
    var keys: [PropertyKey] { table.keys.sorted(by: PropertyKey.objectOrder) }

    /// The keys that are not set to `null`, in the order of export.
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

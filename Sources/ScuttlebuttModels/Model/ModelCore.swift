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

    private(set) var winners: [PropertyKey: Winner] = [:]
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
        guard let old = winners.updateValue(winner, forKey: parts.key) else {
            let change = describes ? Self.change(parts, update, old: nil) : nil
            return (.applied, change)
        }
        guard old.stamp < update.stamp else {
            winners[parts.key] = old
            log.remove(update.stamp)
            return (.applied, nil)
        }
        log.remove(old.stamp)
        return (.applied, describes ? Self.change(parts, update, old: old) : nil)
    }

    private static func change(
        _ parts: KeyedPayload.Parts, _ update: Update, old: Winner?
    ) -> Change {
        Change(
            key: parts.key, stamp: update.stamp, old: old?.bytes,
            new: Array(update.payload[parts.value]))
    }

    /// All keys, those set to `null` included, in the order of export.
    var keys: [PropertyKey] { winners.keys.sorted(by: PropertyKey.objectOrder) }

    /// The keys that are not set to `null`, in the order of export.
    var presentKeys: [PropertyKey] {
        winners.lazy.filter { !$0.value.isNull }.map(\.key).sorted(by: PropertyKey.objectOrder)
    }

    func appendDump(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for key in presentKeys {
            guard let winner = winners[key] else { continue }
            writer.begin(key, in: &output)
            output.append(contentsOf: winner.bytes)
        }
        writer.end(in: &output)
    }
}

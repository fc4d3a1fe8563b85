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

    private var table = KeyTable()
    /// The winners, by the number of the key.
    private var winners: [Winner] = []
    /// Exactly the updates of the winners.
    private(set) var log = UpdateLog()

    /// Applies an update, and describes what changed if `changes` is not `nil`.
    mutating func apply<Value>(
        _ update: Update, changes: inout [ModelChange<Value>]?
    ) -> Application {
        guard let parts = KeyedPayload.parse(update.payload) else {
            return .refused("a model's update must be [key, value] with a string as the key")
        }
        // Offsets of 32 bits keep a winner in five words. A line has at most a few megabytes.
        guard let start = Int32(exactly: parts.value.lowerBound),
            let end = Int32(exactly: parts.value.upperBound)
        else { return .refused("a model's update must be shorter than two gigabytes") }
        guard log.append(update) else { return .applied }
        let winner = Winner(
            payload: update.payload, value: start..<end, timestamp: update.timestamp,
            source: update.source)
        let (number, isNew) = table.insert(parts.key)
        let old = isNew ? nil : winners[number]
        if let old {
            guard old.stamp < update.stamp else {
                log.discard(update.stamp)
                return .applied
            }
            log.discard(old.stamp)
            winners[number] = winner
        } else {
            winners.append(winner)
        }
        changes?.append(
            ModelChange(
                key: parts.key, stamp: update.stamp, rawOldValue: old?.bytes,
                rawValue: winner.bytes))
        return .applied
    }

    /// The number of keys that were ever set.
    var count: Int { winners.count }

    /// The latest write of a key.
    func winner(of key: PropertyKey) -> Winner? { table.number(of: key).map { winners[$0] } }

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

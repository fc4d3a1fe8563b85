// SPDX-License-Identifier: MIT

import Scuttlebutt

/// How a bucket passes updates to a part and gets them back byte for byte.
///
/// A part sees an update with the inner value as its payload, and retains or drops it. What the
/// bucket needs to restore the outer bytes must live exactly as long, so it travels in the update's
/// tail, which every type keeps with the update. Nearly always nothing is needed, because the outer
/// payload is what this package would write.
enum WrappedTail {
    /// Never the first byte of a tail from the wire, which begins with a comma.
    private static let mark: UInt8 = 0xFF

    /// The update as the part sees it.
    static func unwrapped(_ update: Update, _ parts: KeyedPayload.Parts) -> Update {
        let inner = Array(update.payload[parts.value])
        let isOurForm =
            KeyedPayload.make(parts.key, inner) == update.payload && update.tail?.first != mark
        return Update(
            payload: inner, timestamp: update.timestamp, source: update.source,
            tail: isOurForm ? update.tail : packed(update))
    }

    /// The update as the bucket received it.
    static func wrapped(_ update: Update, part name: PropertyKey) -> Update {
        var payload: Payload
        var tail = update.tail
        if let packed = tail, let outer = unpacked(packed) {
            (payload, tail) = outer
        } else {
            payload = KeyedPayload.make(name, update.payload)
        }
        return Update(
            payload: payload, timestamp: update.timestamp, source: update.source, tail: tail)
    }

    /// The mark, the length of the payload, the payload, and, if there is a tail, a byte of 1 and
    /// the tail.
    private static func packed(_ update: Update) -> [UInt8] {
        var writer = ByteWriter(bytes: [mark])
        writer.append(UInt64(update.payload.count))
        return writer.bytes + update.payload + (update.tail.map { [1] + $0 } ?? [])
    }

    /// Reverses ``packed(_:)``; `nil` for a tail from the wire.
    private static func unpacked(_ bytes: [UInt8]) -> (Payload, [UInt8]?)? {
        var reader = ByteReader(bytes)
        guard reader.byte() == mark, let count = reader.number(), let payload = reader.bytes(count)
        else { return nil }
        let tail = reader.byte() == nil ? nil : reader.bytes(reader.remaining)
        return (Array(payload), tail.map { Array($0) })
    }
}

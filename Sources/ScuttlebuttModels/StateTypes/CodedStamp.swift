// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A stamp in its encoded form: `[timestamp, source]`.
///
/// `Stamp` itself cannot be `Codable`, because its module also compiles where there are no
/// existentials.
struct CodedStamp: Codable, Hashable, Sendable {
    let stamp: Stamp

    init(_ stamp: Stamp) { self.stamp = stamp }

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        stamp = try container.decodeStamp()
        try container.expectEnd()
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(stamp)
    }
}

extension UnkeyedDecodingContainer {
    /// Reads a timestamp and a source, two elements.
    mutating func decodeStamp() throws -> Stamp {
        let number = try decode(Double.self)
        let text = try decode(String.self)
        guard let timestamp = Timestamp(number), let source = Source(text) else {
            throw DecodingError.dataCorruptedError(
                in: self, debugDescription: "a stamp must be [positive timestamp, source]")
        }
        return Stamp(timestamp: timestamp, source: source)
    }

    /// Rejects an array with more elements, so that a state has only one encoding.
    func expectEnd() throws {
        guard !isAtEnd else { return }
        throw DecodingError.dataCorruptedError(
            in: self, debugDescription: "the array has too many elements")
    }
}

extension UnkeyedEncodingContainer {
    /// Writes a timestamp and a source, two elements.
    mutating func encode(_ stamp: Stamp) throws {
        try encode(stamp.timestamp.value)
        try encode(stamp.source.text)
    }
}

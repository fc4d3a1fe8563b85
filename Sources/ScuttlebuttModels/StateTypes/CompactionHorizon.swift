// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The stamp before which a value has been compacted.
struct CompactionHorizon: Hashable, Sendable {
    private(set) var stamp: Stamp?

    /// Whether everything at this stamp has been applied and its metadata dropped.
    func covers(_ other: Stamp) -> Bool { stamp.map { other < $0 } ?? false }

    mutating func advance(to other: Stamp) {
        if stamp.map({ $0 < other }) ?? true { stamp = other }
    }

    mutating func merge(_ other: CompactionHorizon) {
        if let stamp = other.stamp { advance(to: stamp) }
    }
}

extension CompactionHorizon: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        stamp = container.decodeNil() ? nil : try container.decode(CodedStamp.self).stamp
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let stamp {
            try container.encode(CodedStamp(stamp))
        } else {
            try container.encodeNil()
        }
    }
}

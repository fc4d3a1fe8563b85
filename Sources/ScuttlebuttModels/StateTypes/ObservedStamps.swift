// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What the author of an operation had seen of the thing that the operation replaces.
///
/// One stamp per source, the newest: every source's actions arrive in ascending order, so having
/// seen its newest one is having seen the earlier ones. That keeps it as small as the number of
/// writers, however often they wrote.
public struct ObservedStamps: Hashable, Sendable {
    /// The stamps in the order of their sources, one for each.
    public private(set) var stamps: [Stamp]

    /// Makes the set of nothing seen.
    public init() { stamps = [] }

    /// Makes a set of any stamps; of several of one source the newest stays.
    ///
    /// - Complexity: O(n log n).
    public init(_ stamps: some Sequence<Stamp>) {
        self.stamps = []
        for stamp in stamps.sorted(by: Self.bySource) {
            if self.stamps.last?.source == stamp.source { self.stamps.removeLast() }
            self.stamps.append(stamp)
        }
    }

    /// Whether nothing was seen.
    public var isEmpty: Bool { stamps.isEmpty }

    /// The stamps that an operation at `stamp` can have seen: those before it.
    ///
    /// A Lamport clock is above all that its owner has seen, so anything else is a lie, which could
    /// otherwise suppress for ever what a source has yet to write.
    func seen(before stamp: Stamp) -> some Sequence<Stamp> { stamps.lazy.filter { $0 < stamp } }

    private static func bySource(_ left: Stamp, _ right: Stamp) -> Bool {
        left.source == right.source
            ? left.timestamp < right.timestamp : left.source < right.source
    }
}

extension ObservedStamps: Codable {
    /// Reads an array of `[timestamp, source]` in any order.
    ///
    /// - Throws: `DecodingError` for what is not a stamp.
    public init(from decoder: any Decoder) throws {
        self.init(try [CodedStamp](from: decoder).map(\.stamp))
    }

    /// Writes an array of `[timestamp, source]` in the order of the sources.
    public func encode(to encoder: any Encoder) throws {
        try stamps.map(CodedStamp.init).encode(to: encoder)
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What the author of an operation had seen of the thing that the operation replaces.
///
/// It contains one stamp per source, the newest. The actions of a source arrive in ascending order,
/// so whoever has seen the newest one has seen the earlier ones. Its size is therefore that of the
/// number of writers, however often they wrote.
public struct ObservedStamps: Hashable, Sendable {
    /// One stamp per source, ordered by source.
    public private(set) var stamps: [Stamp]

    /// Creates an empty set.
    public init() { stamps = [] }

    /// Creates a set from any stamps, keeping the newest of each source.
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
    /// A Lamport clock is ahead of everything that its owner has seen. Any other stamp is a lie,
    /// which could suppress forever what a source has yet to write.
    func seen(before stamp: Stamp) -> some Sequence<Stamp> { stamps.lazy.filter { $0 < stamp } }

    private static func bySource(_ left: Stamp, _ right: Stamp) -> Bool {
        left.source == right.source
            ? left.timestamp < right.timestamp : left.source < right.source
    }
}

extension ObservedStamps: Codable {
    /// Reads an array of `[timestamp, source]` in any order.
    ///
    /// - Throws: `DecodingError` if an element is not a stamp.
    public init(from decoder: any Decoder) throws {
        self.init(try [CodedStamp](from: decoder).map(\.stamp))
    }

    /// Writes an array of `[timestamp, source]`, ordered by source.
    public func encode(to encoder: any Encoder) throws {
        try stamps.map(CodedStamp.init).encode(to: encoder)
    }
}

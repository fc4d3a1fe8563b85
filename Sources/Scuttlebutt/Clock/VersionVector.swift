// SPDX-License-Identifier: MIT

/// The newest timestamp seen per source: what a replica has, in a few bytes per writer.
///
/// Because every source's updates travel in ascending order and without gaps, "seen up to 7 from A"
/// says which of A's updates are here. The wire calls it *clock*.
///
/// - SeeAlso: Van Renesse et al., "Efficient Reconciliation and Flow Control for Anti-Entropy
///   Protocols" (2008).
public struct VersionVector: Hashable, Sendable {
    private var newest: [Source: Timestamp] = [:]

    /// Makes a vector that has seen nothing.
    public init() {}

    /// The newest timestamp seen from `source`, or `nil` if none was.
    ///
    /// - Complexity: O(1).
    public subscript(source: Source) -> Timestamp? { newest[source] }

    /// How many sources were seen.
    public var count: Int { newest.count }

    /// Whether nothing was seen.
    public var isEmpty: Bool { newest.isEmpty }

    /// Records that everything from `source` up to `timestamp` has been seen.
    ///
    /// - Returns: Whether that was new; an older timestamp changes nothing.
    /// - Complexity: O(1).
    @discardableResult
    public mutating func advance(_ source: Source, to timestamp: Timestamp) -> Bool {
        // One look-up: a missing entry appears as zero, which every timestamp is above.
        return { (seen: inout Timestamp) -> Bool in
            guard seen < timestamp else { return false }
            seen = timestamp
            return true
        }(&newest[source, default: .zero])
    }

    /// Forgets a source, as if nothing of it had been seen.
    mutating func forget(_ source: Source) { newest[source] = nil }

    /// Whether the update with this stamp, or a later one of its source, has been seen.
    public func covers(_ stamp: Stamp) -> Bool {
        guard let seen = newest[stamp.source] else { return false }
        return seen >= stamp.timestamp
    }

    /// Takes the newer of both timestamps for each source.
    ///
    /// - Complexity: O(sources of `other`).
    public mutating func merge(_ other: VersionVector) {
        for (source, timestamp) in other.newest { advance(source, to: timestamp) }
    }

    /// The vector that has seen what either has seen.
    public func merged(with other: VersionVector) -> VersionVector {
        var result = self
        result.merge(other)
        return result
    }

    /// All entries in the order of their sources' UTF-16 code units; never in dictionary order.
    ///
    /// - Complexity: O(n log n).
    public var entries: [(source: Source, timestamp: Timestamp)] {
        newest.map { (source: $0.key, timestamp: $0.value) }.sorted { $0.source < $1.source }
    }

    /// The largest timestamp of all sources, or `nil` when empty.
    public var largest: Timestamp? { newest.values.max() }
}

extension VersionVector: CustomStringConvertible {
    /// Makes a vector from text such as `A@3 B@5.5`, or `nil` if it does not read so.
    ///
    /// Numbers follow JSON's grammar, which ``description`` needs for the smallest: `A@1e-7`.
    public init?(_ text: String) {
        for entry in text.utf8.split(separator: UInt8(ascii: " ")) {
            guard let at = entry.lastIndex(of: UInt8(ascii: "@")) else { return nil }
            let number = Array(entry[entry.index(after: at)...])
            guard let source = Source(validUTF8: Array(entry[..<at])),
                number.withUnsafeBufferPointer({
                    (try? JSONScanner($0).skipNumber(at: 0)) == $0.count
                }),
                let timestamp = Timestamp(JSONNumber.parse(number))
            else { return nil }
            advance(source, to: timestamp)
        }
    }

    /// The entries as `A@3 B@5.5`, in the order of their sources.
    public var description: String {
        var bytes: [UInt8] = []
        for entry in entries {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: entry.source.utf8)
            bytes.append(UInt8(ascii: "@"))
            JSONNumber.append(entry.timestamp.value, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

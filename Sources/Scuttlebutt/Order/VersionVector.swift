// SPDX-License-Identifier: MIT

/// The newest timestamp seen from each source, which describes what a replica has in a few bytes
/// per writer.
///
/// Because every source's updates travel in ascending order and without gaps, "seen up to 7 from A"
/// determines which of A's updates are present. On the wire, it is called *clock*.
///
/// - SeeAlso: Van Renesse et al., "Efficient Reconciliation and Flow Control for Anti-Entropy
///   Protocols" (2008).
public struct VersionVector: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        let source: Source
        var timestamp: Timestamp
    }

    /// The number of sources up to which they are kept in a list, because searching it costs less
    /// than hashing one source.
    static let fewLimit = 8
    /// The entries, ascending by source; empty if there are more than ``fewLimit``.
    private var few: [Entry] = []
    /// The entries if there are more than ``fewLimit``; otherwise empty.
    private var many: [Source: Timestamp] = [:]

    /// Creates a vector that has seen nothing.
    public init() {}

    /// The newest timestamp seen from `source`, or `nil` if none was.
    ///
    /// - Complexity: O(1).
    public subscript(source: Source) -> Timestamp? {
        if let place = place(of: source) { return few[place].timestamp }
        return many.isEmpty ? nil : many[source]
    }

    private func place(of source: Source) -> Int? { few.firstIndex { $0.source == source } }

    /// The number of sources seen.
    public var count: Int { few.count + many.count }

    /// Whether nothing has been seen.
    public var isEmpty: Bool { few.isEmpty && many.isEmpty }

    /// Returns the highest timestamp, up to the clock ceiling, of all sources but one.
    ///
    /// - Complexity: O(sources), without sorting them.
    package func highest(besides source: Source) -> Timestamp? {
        var highest = Timestamp.zero
        for entry in few where entry.timestamp > highest && entry.timestamp <= .clockCeiling {
            if entry.source != source { highest = entry.timestamp }
        }
        for (other, timestamp) in many where timestamp > highest && timestamp <= .clockCeiling {
            if other != source { highest = timestamp }
        }
        return highest > .zero ? highest : nil
    }

    /// Records that everything from `source` up to `timestamp` has been seen.
    ///
    /// - Returns: Whether this was new. An older timestamp changes nothing.
    /// - Complexity: O(1).
    @discardableResult
    public mutating func advance(_ source: Source, to timestamp: Timestamp) -> Bool {
        if let place = place(of: source) {
            guard few[place].timestamp < timestamp else { return false }
            few[place].timestamp = timestamp
            return true
        }
        if many.isEmpty {
            guard few.count == VersionVector.fewLimit else {
                let place = few.firstIndex { source < $0.source } ?? few.count
                few.insert(Entry(source: source, timestamp: timestamp), at: place)
                return true
            }
            for entry in few { many[entry.source] = entry.timestamp }
            few = []
        }
        // A single lookup: a missing entry reads as zero, which is below every timestamp.
        return { (seen: inout Timestamp) -> Bool in
            guard seen < timestamp else { return false }
            seen = timestamp
            return true
        }(&many[source, default: .zero])
    }

    /// Forgets a source, as if nothing from it had been seen.
    mutating func forget(_ source: Source) {
        few.removeAll { $0.source == source }
        many[source] = nil
        guard many.count == VersionVector.fewLimit else { return }
        few = entries.map { Entry(source: $0.source, timestamp: $0.timestamp) }
        many = [:]
    }

    /// Returns whether the update with this stamp, or a later one of its source, has been seen.
    public func covers(_ stamp: Stamp) -> Bool {
        guard let seen = self[stamp.source] else { return false }
        return seen >= stamp.timestamp
    }

    /// Merges another vector into this one, taking the newer timestamp of each source.
    ///
    /// - Complexity: O(sources of `other`).
    public mutating func merge(_ other: VersionVector) {
        for entry in other.few { advance(entry.source, to: entry.timestamp) }
        for (source, timestamp) in other.many { advance(source, to: timestamp) }
    }

    /// Returns the vector that has seen everything that either has seen.
    public func merged(with other: VersionVector) -> VersionVector {
        var result = self
        result.merge(other)
        return result
    }

    /// All entries, ordered by source.
    ///
    /// - Complexity: O(n log n).
    public var entries: [(source: Source, timestamp: Timestamp)] {
        if many.isEmpty { return few.map { (source: $0.source, timestamp: $0.timestamp) } }
        return many.map { (source: $0.key, timestamp: $0.value) }.sorted { $0.source < $1.source }
    }

    /// The largest timestamp of all sources, or `nil` if the vector is empty.
    public var largest: Timestamp? { many.values.max() ?? few.lazy.map { $0.timestamp }.max() }
}

extension VersionVector: CustomStringConvertible {
    /// Creates a vector from text such as `A@3 B@5.5`; returns `nil` if the text is malformed.
    ///
    /// Numbers follow JSON's grammar, because ``description`` prints very small ones like `A@1e-7`.
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

    /// The entries as text such as `A@3 B@5.5`, ordered by source.
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

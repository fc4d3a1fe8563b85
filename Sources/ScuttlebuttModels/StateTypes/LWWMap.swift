// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A map with a last-writer-wins register for each key.
///
/// Of two changes of one key, the one with the greater stamp wins, whether it sets or removes;
/// other keys are unaffected. Pitfall: a removal may lose against a write that is older by the wall
/// clock, and changing one field of a value replaces all of it.
///
/// It grows by its entries and by about 60 bytes for each removed key, until compacted.
public struct LWWMap<Key: ReplicatedKey, Value: Codable & Equatable & Sendable>:
    CommutingOperations, Mergeable
{
    /// A change of the map.
    public enum Operation: Codable, Equatable, Sendable {
        /// Sets the value of a key.
        case set(Key, Value)
        /// Removes a key.
        case remove(Key)

        private enum SetCodingKeys: String, CodingKey { case _0 = "key", _1 = "value" }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "key" }
    }

    private var cells: [Key: Mark<Value>] = [:]
    private var horizon = CompactionHorizon()

    /// Creates an empty map.
    public init() {}

    /// The value of a key, or `nil` if it was never set or is removed.
    public subscript(key: Key) -> Value? { cells[key]?.value }

    /// The entries in ascending order of their keys.
    ///
    /// - Complexity: O(n log n).
    public var entries: [(key: Key, value: Value)] {
        cells.compactMap { key, cell in cell.value.map { (key: key, value: $0) } }
            .sorted { $0.key < $1.key }
    }

    /// The keys in ascending order.
    public var keys: [Key] { entries.map(\.key) }

    /// The number of keys with a value.
    ///
    /// - Complexity: O(n).
    public var count: Int { cells.values.reduce(0) { $0 + ($1.value == nil ? 0 : 1) } }

    /// Sets or removes a key, unless it has a later change.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .set(let key, let value): take(Mark(stamp: stamp, value: value), for: key)
        case .remove(let key): take(Mark(stamp: stamp, value: nil), for: key)
        }
        return .applied
    }

    /// Keeps the later change of each key.
    public mutating func merge(_ other: LWWMap) {
        let own = cells
        // The other side has seen this cell and no longer has it, so it was removed there.
        cells = cells.filter { key, cell in
            other.cells[key] != nil || !other.horizon.covers(cell.stamp)
        }
        for (key, cell) in other.cells where own[key] != nil || !horizon.covers(cell.stamp) {
            take(cell, for: key)
        }
        horizon.merge(other.horizon)
        dropRemoved()
    }

    /// Forgets the keys that were removed before `stamp`.
    public mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        dropRemoved()
    }

    private mutating func take(_ cell: Mark<Value>, for key: Key) {
        guard key == key else { return }
        if let own = cells[key], cell.stamp <= own.stamp { return }
        cells[key] = cell
    }

    private mutating func dropRemoved() {
        guard horizon.stamp != nil else { return }
        cells = cells.filter { $0.value.value != nil || !horizon.covers($0.value.stamp) }
    }
}

extension LWWMap {
    private struct Form: Codable {
        var horizon: CompactionHorizon
        var cells: [Row]
    }

    private struct Row: Codable {
        var key: Key
        var cell: Mark<Value>
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        horizon = form.horizon
        for row in form.cells { take(row.cell, for: row.key) }
    }

    /// Writes the cells in ascending order of their keys.
    public func encode(to encoder: any Encoder) throws {
        let rows = cells.sorted { $0.key < $1.key }.map { Row(key: $0.key, cell: $0.value) }
        try Form(horizon: horizon, cells: rows).encode(to: encoder)
    }
}

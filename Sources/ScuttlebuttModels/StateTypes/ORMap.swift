// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A map whose values are state types themselves, and whose keys are an add-wins set.
///
/// A key survives if one peer removes it while another one changes its value. Removing a key takes
/// back what its author saw of the value, if the value is ``Clearable``. Pitfall: any other value
/// keeps its content, so a key that is added again shows the old one.
///
/// It grows by its values, and by about 90 bytes for each key and 24 for each further source that
/// changed it. Compaction frees removed keys.
public struct ORMap<Key: ReplicatedKey, Value: OperationBased>: OperationBased {
    /// A change of the map.
    public enum Operation: Codable, Equatable, Sendable {
        /// Changes the value of a key, adding the key if necessary.
        case update(Key, Value.Operation)
        /// Takes back what the author saw of a key; made by `makeRemove`.
        case remove(Key, observed: ObservedStamps, clearing: Value.Operation?)
        /// Takes back several keys; made by ``ORMap/makeClear()``.
        case clear([Removal])

        private enum UpdateCodingKeys: String, CodingKey { case _0 = "key", _1 = "operation" }
        private enum RemoveCodingKeys: String, CodingKey { case _0 = "key", observed, clearing }
        private enum ClearCodingKeys: String, CodingKey { case _0 = "removals" }
    }

    /// A key, its changes that were seen, and the operation that takes back the content of its
    /// value.
    public struct Removal: Codable, Equatable, Sendable {
        /// The key to remove.
        public var key: Key
        /// The changes that were seen.
        public var observed: ObservedStamps
        /// Takes back the content that was seen; `nil` if nothing can.
        public var clearing: Value.Operation?

        /// Creates a part of a ``Operation/clear(_:)``.
        public init(key: Key, observed: ObservedStamps, clearing: Value.Operation?) {
            self.key = key
            self.observed = observed
            self.clearing = clearing
        }
    }

    private var tags = TagTable<Key>()
    private var values: [Key: Value] = [:]

    /// Creates an empty map.
    public init() {}

    /// The value of a key, or `nil` if the key is absent.
    ///
    /// Make a change from it, or from `Value()` if there is none: `.update(key, (map[key] ??
    /// Value()).makeRemove(x))`.
    public subscript(key: Key) -> Value? {
        tags[key].hasLive ? values[key] ?? fresh : nil
    }

    /// The keys in ascending order.
    ///
    /// - Complexity: O(n log n).
    public var keys: [Key] { tags.live }

    /// The entries in ascending order of their keys.
    ///
    /// - Complexity: O(n log n).
    public var entries: [(key: Key, value: Value)] {
        tags.live.map { (key: $0, value: values[$0] ?? fresh) }
    }

    /// The number of keys.
    ///
    /// - Complexity: O(n).
    public var count: Int { tags.liveCount }

    /// Creates the operation that removes a key; `nil` if it is absent.
    ///
    /// The content of the value stays, hidden until the key is added again.
    public func makeRemove(_ key: Key) -> Operation? {
        let tags = tags[key]
        return tags.hasLive ? .remove(key, observed: tags.observed, clearing: nil) : nil
    }

    /// Changes the value of a key, or takes back what was seen.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        guard !tags.horizon.covers(stamp) else { return .tooLate }
        switch operation {
        case .update(let key, let change):
            if tags.add(key, at: stamp) { update(key, change, stamp) }
        case .remove(let key, let observed, let clearing):
            remove(Removal(key: key, observed: observed, clearing: clearing), stamp)
        case .clear(let removals):
            for removal in removals { remove(removal, stamp) }
        }
        return .applied
    }

    /// Forgets the keys that were removed before `stamp` together with their content, and compacts
    /// the values.
    public mutating func compact(stableBefore stamp: Stamp) {
        tags.compact(stableBefore: stamp)
        let fresh = fresh
        values = values.compactMapValues { value in
            var value = value
            value.compact(stableBefore: stamp)
            return value == fresh ? nil : value
        }
        dropUntagged()
    }

    private mutating func remove(_ removal: Removal, _ stamp: Stamp) {
        guard tags.remove(removal.key, removal.observed, at: stamp) else { return }
        if let clearing = removal.clearing { update(removal.key, clearing, stamp) }
    }

    /// A value before any operation, compacted like all others.
    private var fresh: Value {
        var value = Value()
        if let stamp = tags.horizon.stamp { value.compact(stableBefore: stamp) }
        return value
    }

    private mutating func update(_ key: Key, _ operation: Value.Operation, _ stamp: Stamp) {
        let fresh = fresh
        // Removed first, so that it is changed in place.
        var value = values.removeValue(forKey: key) ?? fresh
        value.apply(operation, at: stamp)
        store(value, for: key, unless: fresh)
    }

    /// Stores a value only if it differs from an untouched one.
    ///
    /// Otherwise the stored values would depend on the order of arrival.
    private mutating func store(_ value: Value, for key: Key, unless fresh: Value) {
        if value != fresh { values[key] = value }
    }

    private mutating func dropUntagged() {
        guard tags.horizon.stamp != nil else { return }
        values = values.filter { !tags[$0.key].isEmpty }
    }
}

extension ORMap: CommutingOperations where Value: CommutingOperations {}

extension ORMap: Mergeable where Value: Mergeable {
    /// Joins both maps, key by key.
    public mutating func merge(_ other: ORMap) {
        let (own, others) = (fresh, other.fresh)
        tags.merge(other.tags)
        let merged = fresh
        for key in Set(values.keys).union(other.values.keys) {
            var value = values.removeValue(forKey: key) ?? own
            value.merge(other.values[key] ?? others)
            store(value, for: key, unless: merged)
        }
        dropUntagged()
    }
}

extension ORMap: Clearable where Value: Clearable {
    /// Creates the operation that removes a key together with its current content; `nil` if it is
    /// absent.
    public func makeRemove(_ key: Key) -> Operation? {
        let tags = tags[key]
        guard tags.hasLive else { return nil }
        return .remove(key, observed: tags.observed, clearing: values[key]?.makeClear())
    }

    /// Creates the operation that removes all current keys; `nil` if there are none.
    public func makeClear() -> Operation? {
        let removals = keys.map {
            Removal(key: $0, observed: tags[$0].observed, clearing: values[$0]?.makeClear())
        }
        return removals.isEmpty ? nil : .clear(removals)
    }
}

extension ORMap {
    private struct Form: Codable {
        var tags: TagTable<Key>
        var values: [Row]
    }

    private struct Row: Codable {
        var key: Key
        var value: Value
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        tags = form.tags
        for row in form.values where row.key == row.key { values[row.key] = row.value }
    }

    /// Writes tags and values in ascending order of their keys.
    public func encode(to encoder: any Encoder) throws {
        let rows = values.sorted { $0.key < $1.key }.map { Row(key: $0.key, value: $0.value) }
        try Form(tags: tags, values: rows).encode(to: encoder)
    }
}

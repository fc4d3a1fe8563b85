// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated table of keys and values.
///
/// Of two writes of one key, the one with the greater stamp wins.
///
/// It uses the wire format of the original's `model`: an update is `[key, value]`. By convention
/// `null` deletes: the key is still listed in ``keys`` but left out of exports. A deletion remains
/// as one small update forever, so a deleted key does not come back.
///
/// A value from the wire that has another shape than `Value` is kept, ordered and relayed, but
/// typed getters do not return it. `JSONValue` has room for every value.
///
/// Memory: one update per key that was ever set. In the original the last update to arrive wins if
/// timestamps are equal; here the source decides (quirk Q5), so that all peers agree.
public struct ReplicatedModel<Value: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core = ModelCore()

    /// Creates an empty model.
    public init() {}

    /// The value of a key, or `nil` if the key was never set or is deleted, or its value has
    /// another shape.
    ///
    /// - Complexity: O(1), plus decoding.
    public subscript(key: PropertyKey) -> Value? {
        guard let winner = core.winner(of: key), !winner.isNull else { return nil }
        return ValueCoding.decode(Value.self, from: winner.bytes)
    }

    /// The value of a key, or `nil` if the key was never set or is deleted, or its value has
    /// another shape.
    public subscript(key: String) -> Value? { self[PropertyKey(key)] }

    /// The JSON of a key's value, `null` if the key is deleted, or `nil` if it was never set.
    public func rawValue(of key: PropertyKey) -> [UInt8]? { core.winner(of: key)?.bytes }

    /// When and by whom a key was last set.
    public func stamp(of key: PropertyKey) -> Stamp? { core.winner(of: key)?.stamp }

    /// All keys that were ever set, including deleted ones as in the original; integers first, then
    /// by UTF-16 code units.
    ///
    /// - Complexity: O(*n* log *n*).
    public var keys: [PropertyKey] { core.keys }

    /// The keys that are not deleted, in the same order.
    ///
    /// - Complexity: O(*n* log *n*).
    public var presentKeys: [PropertyKey] { core.presentKeys }

    /// The number of keys that were ever set, including deleted ones.
    public var count: Int { core.count }

    /// All values that are not deleted and have the shape of `Value`.
    public var values: [PropertyKey: Value] {
        Dictionary(
            uniqueKeysWithValues: core.presentKeys.compactMap { key in self[key].map { (key, $0) } }
        )
    }

    /// Creates the update that sets a key.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    public func makeSet(_ key: PropertyKey, to value: Value) throws -> Payload {
        try KeyedPayload.make(key, encoding: value)
    }

    /// Creates the update that sets a key.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    public func makeSet(_ key: String, to value: Value) throws -> Payload {
        try makeSet(PropertyKey(key), to: value)
    }

    /// Creates the update that deletes a key; `nil` if there is nothing to delete.
    public func makeRemove(_ key: PropertyKey) -> Payload? {
        guard let winner = core.winner(of: key), !winner.isNull else { return nil }
        return KeyedPayload.make(key, "null".utf8)
    }

    /// Applies an update.
    ///
    /// It changes nothing if there is a newer write of its key.
    ///
    /// - Complexity: O(1) for a new key, otherwise O(log *n*).
    public mutating func apply(
        _ update: Update, changes: inout [ModelChange<Value>]?
    ) -> Application {
        core.apply(update, changes: &changes)
    }

    /// The newest write of each key.
    public var log: UpdateLog { core.log }

    /// Appends an object of all keys that are not deleted.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

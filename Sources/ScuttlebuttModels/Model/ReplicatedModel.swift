// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated table of keys and values: of two writes to one key the larger stamp wins.
///
/// Speaks the wire of the original's `model`: an update is `[key, value]`. By the convention of the
/// originals `null` deletes: the key is still listed in ``keys`` but left out of exports. What the
/// deletion was stays as one small update for ever, so a deleted key does not come back.
///
/// A value from the wire that is of another shape than `Value` is kept, ordered and relayed; only
/// the typed getters do not see it. `JSONValue` sees everything.
///
/// Memory: one update per key that was ever set. Unlike the original, which lets the last to arrive
/// win between equal timestamps, the source decides there (quirk Q5), so all peers end alike.
public struct ReplicatedModel<Value: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core = ModelCore()

    /// Makes an empty model.
    public init() {}

    /// The value of a key; `nil` if it was never set, is deleted, or has another shape.
    ///
    /// - Complexity: O(1), and the decoding.
    public subscript(key: PropertyKey) -> Value? {
        guard let winner = core.winner(of: key), !winner.isNull else { return nil }
        return ValueCoding.decode(Value.self, from: winner.bytes)
    }

    /// The value of a key; `nil` if it was never set, is deleted, or has another shape.
    public subscript(key: String) -> Value? { self[PropertyKey(key)] }

    /// The JSON of a key's value, `null` for a deleted one; `nil` if it was never set.
    public func rawValue(of key: PropertyKey) -> [UInt8]? { core.winner(of: key)?.bytes }

    /// When and by whom a key was last set.
    public func stamp(of key: PropertyKey) -> Stamp? { core.winner(of: key)?.stamp }

    /// All keys that were ever set, deleted ones included as the original does; integers first,
    /// then by UTF-16 code units.
    ///
    /// - Complexity: O(*n* log *n*).
    public var keys: [PropertyKey] { core.keys }

    /// The keys that are not deleted, in the same order.
    ///
    /// - Complexity: O(*n* log *n*).
    public var presentKeys: [PropertyKey] { core.presentKeys }

    /// How many keys were ever set, deleted ones included.
    public var count: Int { core.count }

    /// All values that are not deleted and have the shape of `Value`.
    public var values: [PropertyKey: Value] {
        var result: [PropertyKey: Value] = [:]
        for key in core.presentKeys { if let value = self[key] { result[key] = value } }
        return result
    }

    /// Prepares setting a key.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeSet(_ key: PropertyKey, to value: Value) throws -> Payload {
        try KeyedPayload.make(key, encoding: value)
    }

    /// Prepares setting a key.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeSet(_ key: String, to value: Value) throws -> Payload {
        try makeSet(PropertyKey(key), to: value)
    }

    /// Prepares deleting a key; `nil` when there is nothing to delete.
    public func makeRemove(_ key: PropertyKey) -> Payload? {
        guard let winner = core.winner(of: key), !winner.isNull else { return nil }
        return KeyedPayload.make(key, "null".utf8)
    }

    /// Takes an update; one that loses against a newer write of its key changes nothing.
    ///
    /// - Complexity: O(1) for a new key, O(log *n*) else.
    public mutating func apply(
        _ update: Update, changes: inout [ModelChange<Value>]?
    ) -> Application {
        let (application, change) = core.apply(update, describes: changes != nil)
        if let change { changes?.append(ModelChange(core: change)) }
        return application
    }

    /// The newest write of each key.
    public var log: RetainedLog { core.log }

    /// Appends an object of all keys that are not deleted.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

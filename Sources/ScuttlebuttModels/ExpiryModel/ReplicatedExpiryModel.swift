// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated table whose entries are dropped when they are too old or too many.
///
/// It uses the wire format of the original's `expiry-model`: an update is `[key, value]`. Objects
/// are merged member by member, and `null` deletes.
///
/// **The value of a key** depends only on the set of updates, not on their order: the newest value
/// that is not an object replaces everything older, and of the objects after it the newest write of
/// each member wins. The original rewinds a key's timestamp when an older update is merged (quirk
/// Q5).
///
/// **Age.** Each member is as old as the update that wrote it. It expires when its timestamp is
/// ``ExpiryLimits/maximumAge`` before the wall clock, on all peers at once as far as their clocks
/// agree. An update whose timestamp is ahead of the wall clock here is as old as its arrival, so
/// that a writer whose clock is ahead, and others whose timestamps follow his, write nothing that
/// stays longer. It is newer than all others all the same, and what it replaced does not come back
/// when it expires. An expired update is neither accepted nor passed on. ``makeRefresh(_:)`` keeps
/// a key. A deletion is remembered until it expires itself; everything that it hides has expired by
/// then, so a deleted key does not come back.
///
/// **Count.** If there are more keys than ``ExpiryLimits/maximumCount``, including remembered
/// deletions, the keys whose newest update is the oldest are evicted. (Reading does not count as
/// use, because peers could not agree on it.) Eviction is local: peers with more room keep the key,
/// and if it is written again they also have its other members. An update from before the eviction
/// never recreates an evicted key.
///
/// The replica never forgets what it has seen of each source, so nothing that expired or was
/// evicted is applied again (quirk Q5).
///
/// The model learns the time only from `Replicated.advance(wallClock:changes:)` and computes ages
/// from timestamps. It therefore needs the wall-clock timestamps of the upstream wire. When a
/// replica is loaded from its storage, what is ahead of the wall clock counts as arriving then.
public struct ReplicatedExpiryModel<Value: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core: ExpiryCore

    /// Creates an empty model.
    public init(_ limits: ExpiryLimits = ExpiryLimits()) { core = ExpiryCore(limits: limits) }

    /// The limits of the model.
    public var limits: ExpiryLimits { core.limits }

    /// The value of a key, or `nil` if the key is absent or deleted, or its value has another
    /// shape.
    ///
    /// - Complexity: O(members · log members), plus decoding.
    public subscript(key: PropertyKey) -> Value? {
        rawValue(of: key).flatMap { ValueCoding.decode(Value.self, from: $0) }
    }

    /// The value of a key, or `nil` if the key is absent or deleted, or its value has another
    /// shape.
    public subscript(key: String) -> Value? { self[PropertyKey(key)] }

    /// The JSON of a key's value, or `nil` if the key is absent or deleted.
    public func rawValue(of key: PropertyKey) -> [UInt8]? { core.value(of: key) }

    /// The keys that are present and not deleted; integers first, then by UTF-16 code units.
    ///
    /// - Complexity: O(*n* log *n*).
    public var keys: [PropertyKey] { core.presentKeys }

    /// The number of keys including remembered deletions, which ``ExpiryLimits/maximumCount``
    /// limits.
    public var count: Int { core.entries.count }

    /// All values that have the shape of `Value`.
    public var values: [PropertyKey: Value] {
        Dictionary(
            uniqueKeysWithValues: core.entries.keys.compactMap { key in
                self[key].map { (key, $0) }
            })
    }

    /// Creates the update that writes a key.
    ///
    /// An object is merged into the value; anything else replaces it.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    public func makeSet(_ key: PropertyKey, to value: Value) throws -> Payload {
        try KeyedPayload.make(key, encoding: value)
    }

    /// Creates the update that writes a key.
    ///
    /// An object is merged into the value; anything else replaces it.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    public func makeSet(_ key: String, to value: Value) throws -> Payload {
        try makeSet(PropertyKey(key), to: value)
    }

    /// Creates the update that writes the current value of a key again, so that all of it is new;
    /// `nil` if the key is absent.
    ///
    /// A concurrent write of a member may lose against this.
    public func makeRefresh(_ key: PropertyKey) -> Payload? {
        core.value(of: key).map { KeyedPayload.make(key, $0) }
    }

    /// Creates the update that deletes a key; `nil` if it is absent.
    public func makeRemove(_ key: PropertyKey) -> Payload? {
        guard core.value(of: key) != nil else { return nil }
        return KeyedPayload.make(key, "null".utf8)
    }

    /// Applies an update.
    ///
    /// It changes nothing if it is too old, or older than what replaced it.
    ///
    /// - Complexity: O(members of the value · log *n*), amortised.
    public mutating func apply(
        _ update: Update, changes: inout [ExpiryChange<Value>]?
    ) -> Application {
        core.apply(update, changes: &changes)
    }

    /// Learns the time and drops what is too old.
    ///
    /// A time that is not after 1970 is ignored.
    ///
    /// - Complexity: O(1) if nothing expires, otherwise O(sources + *e* log *n*) for *e* expired
    ///   updates; O(*n*) when the time becomes known, and when the clock steps back by more than
    ///   the age limit.
    public mutating func advance(
        wallClock milliseconds: Double, changes: inout [ExpiryChange<Value>]?
    ) {
        core.advance(wallClock: milliseconds, changes: &changes)
    }

    /// The updates that decide what the model holds.
    public var log: UpdateLog { core.log }

    /// Appends an object of all keys that are present and not deleted.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

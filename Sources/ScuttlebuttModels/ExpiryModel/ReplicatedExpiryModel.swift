// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated table whose entries go when they are too old or too many.
///
/// Speaks the wire of the original's `expiry-model`: an update is `[key, value]`; objects are
/// merged member by member, `null` deletes.
///
/// **What a key holds** depends on the set of updates only, not on their order: the newest value
/// that is no object replaces everything older, and of the objects after it each member's newest
/// one counts. The original rewinds a key's timestamp when an older update is merged (quirk Q5).
///
/// **Age.** Each member is as old as the update that wrote it. It goes when its timestamp is
/// ``ExpiryLimits/maximumAge`` before the wall clock, everywhere at once as far as the clocks
/// agree, and from then on it is neither taken nor passed on. ``makeRefresh(_:)`` keeps a key. A
/// deletion is remembered until it expires itself: all that it hides has expired by then, so a
/// deleted key does not come back.
///
/// **Count.** When there are more keys than ``ExpiryLimits/maximumCount``, remembered deletions
/// included, those go whose newest update is the oldest. (Reading does not count as a use: it is
/// nothing that peers could agree on.) Eviction is local: peers with more room keep the key, and
/// if it is written again they have its other members too. Nothing that was evicted is begun again
/// by an update from before its eviction.
///
/// What the replica has seen of each source is never forgotten, so nothing that expired or was
/// evicted is applied again (quirk Q5).
///
/// The time is only known from ``Replicated/advance(wallClock:changes:)``, and ages are told from
/// timestamps: they need the wall-clock timestamps of the upstream wire, and a peer that writes
/// timestamps of the future has entries that stay as much longer.
public struct ReplicatedExpiryModel<Value: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core: ExpiryCore

    /// Makes an empty model.
    public init(_ limits: ExpiryLimits = ExpiryLimits()) { core = ExpiryCore(limits: limits) }

    /// What the model keeps.
    public var limits: ExpiryLimits { core.limits }

    /// The value of a key; `nil` if it is not here, is deleted, or has another shape.
    ///
    /// - Complexity: O(members · log members), and the decoding.
    public subscript(key: PropertyKey) -> Value? {
        rawValue(of: key).flatMap { ValueCoding.decode(Value.self, from: $0) }
    }

    /// The value of a key; `nil` if it is not here, is deleted, or has another shape.
    public subscript(key: String) -> Value? { self[PropertyKey(key)] }

    /// The JSON of a key's value; `nil` if it is not here or is deleted.
    public func rawValue(of key: PropertyKey) -> [UInt8]? { core.value(of: key) }

    /// The keys that are here and not deleted; integers first, then by UTF-16 code units.
    ///
    /// - Complexity: O(*n* log *n*).
    public var keys: [PropertyKey] { core.presentKeys }

    /// How many keys are here, remembered deletions included: what
    /// ``ExpiryLimits/maximumCount`` limits.
    public var count: Int { core.entries.count }

    /// All values that have the shape of `Value`.
    public var values: [PropertyKey: Value] {
        var result: [PropertyKey: Value] = [:]
        for key in core.entries.keys { if let value = self[key] { result[key] = value } }
        return result
    }

    /// Prepares writing a key: an object is merged into what is there, all else replaces it.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeSet(_ key: PropertyKey, to value: Value) throws -> Payload {
        try KeyedPayload.make(key, encoding: value)
    }

    /// Prepares writing a key: an object is merged into what is there, all else replaces it.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeSet(_ key: String, to value: Value) throws -> Payload {
        try makeSet(PropertyKey(key), to: value)
    }

    /// Prepares writing what a key holds once more, so that all of it is new; `nil` if the key is
    /// not here.
    ///
    /// A member that somebody else writes at the same time may lose against this.
    public func makeRefresh(_ key: PropertyKey) -> Payload? {
        core.value(of: key).map { KeyedPayload.make(key, $0) }
    }

    /// Prepares deleting a key; `nil` if it is not here.
    public func makeRemove(_ key: PropertyKey) -> Payload? {
        guard core.value(of: key) != nil else { return nil }
        return KeyedPayload.make(key, "null".utf8)
    }

    /// Takes an update; one that is too old, or that is older than what replaced it, changes
    /// nothing.
    ///
    /// - Complexity: O(members of the value · log *n*), amortised.
    public mutating func apply(
        _ update: Update, changes: inout [ExpiryChange<Value>]?
    ) -> Application {
        var own: [ExpiryCore.Change]? = changes == nil ? nil : []
        let application = core.apply(update, changes: &own)
        for change in own ?? [] { changes?.append(ExpiryChange(core: change)) }
        return application
    }

    /// Learns what time it is, and lets go of what is too old.
    ///
    /// - Complexity: O(1) while nothing expires, else O(sources + *e* log *n*) for *e* expired
    ///   updates.
    public mutating func advance(
        wallClock milliseconds: Double, changes: inout [ExpiryChange<Value>]?
    ) {
        var own: [ExpiryCore.Change]? = changes == nil ? nil : []
        core.advance(wallClock: milliseconds, changes: &own)
        for change in own ?? [] { changes?.append(ExpiryChange(core: change)) }
    }

    /// The updates that decide what the model holds.
    public var log: RetainedLog { core.log }

    /// Appends an object of all keys that are here and not deleted.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

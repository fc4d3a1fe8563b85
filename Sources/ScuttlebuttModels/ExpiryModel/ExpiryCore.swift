// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A model whose values have no type yet.
struct ExpiryCore: Sendable {
    let limits: ExpiryLimits
    private(set) var entries: [PropertyKey: ExpiryEntry] = [:]
    /// Exactly the updates that the entries retain.
    private(set) var log = UpdateLog()
    /// The keys by their newest update.
    ///
    /// Some have a newer one or are gone.
    private var recency = StampQueue<PropertyKey>()
    /// Everything older has expired; 0 until the time is known.
    private var cutoff = 0.0
    /// The newest timestamp that ever expired here.
    ///
    /// No update up to it is accepted any more, so what an expired deletion hid stays hidden even
    /// if the wall clock steps back.
    private var expired = 0.0
    /// The newest stamp that was ever evicted.
    ///
    /// An update up to it does not create a key: it may be the rest of what was evicted, or
    /// deleted.
    private var evicted: Stamp?
    /// A lower bound of the retained timestamps.
    private var oldest = Double.infinity

    init(limits: ExpiryLimits) { self.limits = limits }

    mutating func apply<Value>(
        _ update: Update, changes: inout [ExpiryChange<Value>]?
    ) -> Application {
        guard let parts = KeyedPayload.parse(update.payload) else {
            return .refused("a model's update must be [key, value] with a string as the key")
        }
        let stamp = update.stamp
        guard log.append(update) else { return .applied }
        let isLate = stamp.timestamp.value < cutoff || stamp.timestamp.value <= expired
        guard !isLate, entries[parts.key] != nil || evicted.map({ $0 < stamp }) ?? true else {
            log.remove(stamp)
            return .applied
        }
        let before = entries[parts.key]?.newest
        let dropped = entries[parts.key, default: ExpiryEntry()].apply(update, parts.value)
        for stamp in dropped { log.remove(stamp) }
        oldest = min(oldest, stamp.timestamp.value)
        if changes != nil, dropped.last != stamp {
            let written = Array(update.payload[parts.value])
            changes?.append(
                ExpiryChange(key: parts.key, cause: .written, stamp: stamp, rawValue: written))
        }
        if limits.maximumCount != nil, let newest = entries[parts.key]?.newest, newest != before {
            recency.push(newest, parts.key)
            recency.sweep(keeping: entries.count) { stamp, key in entries[key]?.newest == stamp }
            evict(&changes)
        }
        return .applied
    }

    /// The value of a key that is present and not deleted.
    func value(of key: PropertyKey) -> [UInt8]? {
        guard let entry = entries[key], !entry.isTombstone else { return nil }
        return entry.value
    }

    /// Evicts the least recently written keys until few enough are left.
    private mutating func evict<Value>(_ changes: inout [ExpiryChange<Value>]?) {
        guard let maximum = limits.maximumCount else { return }
        while entries.count > maximum, let (newest, key) = recency.pop() {
            guard let entry = entries[key], entry.newest == newest else { continue }
            for stamp in entry.stamps { log.remove(stamp) }
            entries[key] = nil
            evicted = evicted.map { max($0, newest) } ?? newest
            guard !entry.isTombstone else { continue }
            changes?.append(
                ExpiryChange(key: key, cause: .evicted, stamp: newest, rawValue: nil))
        }
    }

    /// Drops every update that is now too old.
    ///
    /// - Complexity: O(1) if nothing expires, otherwise O(sources + *e* log *n*) for *e* expired
    ///   updates.
    mutating func advance<Value>(
        wallClock milliseconds: Double, changes: inout [ExpiryChange<Value>]?
    ) {
        guard let age = limits.maximumAge, milliseconds.isFinite else { return }
        cutoff = milliseconds - age
        while oldest < cutoff {
            let batch = log.delta(since: VersionVector(), limit: DeltaLimit(updates: 256))
            let old = batch.prefix { $0.timestamp.value < cutoff }
            for update in old { expire(update, &changes) }
            if old.count < batch.count {
                oldest = batch[old.count].timestamp.value
            } else if batch.isEmpty {
                oldest = .infinity
            }
        }
    }

    private mutating func expire<Value>(
        _ update: Update, _ changes: inout [ExpiryChange<Value>]?
    ) {
        log.remove(update.stamp)
        expired = max(expired, update.timestamp.value)
        guard let key = KeyedPayload.parse(update.payload)?.key else { return }
        let isVisible = entries[key]?.isTombstone == false
        entries[key]?.forget(update.stamp)
        if entries[key]?.isEmpty == true { entries[key] = nil }
        guard isVisible else { return }
        changes?.append(
            ExpiryChange(key: key, cause: .expired, stamp: update.stamp, rawValue: nil))
    }

    /// The keys that are present and not deleted, in export order.
    var presentKeys: [PropertyKey] {
        entries.lazy.filter { !$0.value.isTombstone }.map(\.key)
            .sorted(by: PropertyKey.objectOrder)
    }

    func appendDump(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for key in presentKeys {
            guard let value = value(of: key) else { continue }
            writer.begin(key, in: &output)
            output.append(contentsOf: value)
        }
        writer.end(in: &output)
    }
}

// SPDX-License-Identifier: MIT

import DequeModule
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
    /// The wall clock; 0 until the time is known.
    private var now = 0.0
    /// Everything older has expired; 0 until the time is known.
    private var cutoff = 0.0
    /// The newest timestamp that ever expired here.
    ///
    /// No update up to it is accepted any more, so what an expired deletion hid stays hidden even
    /// if the wall clock steps back.
    private var expired = DropMark()
    /// The newest stamp that was ever evicted.
    ///
    /// An update up to it does not create a key: it may be the rest of what was evicted, or
    /// deleted.
    private var evicted = DropMark()
    /// A lower bound of the retained timestamps.
    private var oldest = Double.infinity
    /// The updates that were ahead of the wall clock when they arrived, and when that was.
    ///
    /// How old they really are cannot be known, but they are at least as old as their arrival. Some
    /// are no longer retained.
    private var early: Deque<(stamp: Stamp, arrival: Double)> = []

    init(limits: ExpiryLimits) { self.limits = limits }

    mutating func apply<Value>(
        _ update: Update, changes: inout [ExpiryChange<Value>]?
    ) -> Application {
        guard let parts = KeyedPayload.parse(update.payload) else {
            return .refused("a model's update must be [key, value] with a string as the key")
        }
        let stamp = update.stamp
        guard log.append(update) else { return .applied }
        let isAhead = isAhead(stamp)
        let isLate =
            stamp.timestamp.value < cutoff || expired.covers(stamp.timestamp, isAhead: isAhead)
        guard !isLate, entries[parts.key] != nil || !evicted.covers(stamp, isAhead: isAhead)
        else {
            log.discard(stamp)
            return .applied
        }
        let before = entries[parts.key]?.newest
        let dropped = entries[parts.key, default: ExpiryEntry()].apply(update, parts.value)
        for stamp in dropped { log.discard(stamp) }
        oldest = min(oldest, stamp.timestamp.value)
        if isAhead, limits.maximumAge != nil {
            early.append((stamp, now))
            if early.count > 2 * log.count + 64 {
                early = early.filter { log.update(at: $0.stamp) != nil }
            }
        }
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
            for stamp in entry.stamps { log.discard(stamp) }
            entries[key] = nil
            evicted.raise(to: newest, isAhead: isAhead(newest))
            guard !entry.isTombstone else { continue }
            changes?.append(
                ExpiryChange(key: key, cause: .evicted, stamp: newest, rawValue: nil))
        }
    }

    /// Whether a stamp is in the future, as far as we can know.
    private func isAhead(_ stamp: Stamp) -> Bool { now > 0 && stamp.timestamp.value > now }

    /// Drops every update that is now too old.
    ///
    /// An update is as old as its timestamp says, but at least as old as its arrival: a writer
    /// whose clock is ahead, and everybody whose own clock follows his, would otherwise write what
    /// never expires.
    ///
    /// - Complexity: O(1) if nothing expires, otherwise O(sources + *e* log *n*) for *e* expired
    ///   updates; O(*n*) when the time becomes known, and when the clock steps back by more than
    ///   the age limit.
    mutating func advance<Value>(
        wallClock milliseconds: Double, changes: inout [ExpiryChange<Value>]?
    ) {
        // A clock that says 1970 has not been set.
        guard milliseconds.isFinite, milliseconds > 0 else { return }
        let wasWrong = now == 0 || milliseconds < now - (limits.maximumAge ?? 0)
        now = milliseconds
        expired.advance(wallClock: now)
        evicted.advance(wallClock: now)
        guard let age = limits.maximumAge else { return }
        cutoff = now - age
        if wasWrong { judgeAgain() }
        while let first = early.first, first.arrival < cutoff {
            early.removeFirst()
            if let update = log.update(at: first.stamp) { expire(update, &changes) }
        }
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

    /// Finds what is ahead of a wall clock that was not known before, or was wrong.
    private mutating func judgeAgain() {
        let updates = log.delta(since: VersionVector())
        early = Deque(updates.map(\.stamp).filter { isAhead($0) }.map { ($0, now) })
    }

    private mutating func expire<Value>(
        _ update: Update, _ changes: inout [ExpiryChange<Value>]?
    ) {
        log.discard(update.stamp)
        expired.raise(to: update.stamp, isAhead: isAhead(update.stamp))
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

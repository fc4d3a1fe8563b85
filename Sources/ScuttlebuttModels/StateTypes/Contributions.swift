// SPDX-License-Identifier: MIT

import Scuttlebutt

/// What each source has added to a sum, by stamp.
///
/// Single amounts are kept until compaction folds them. Their stamps reveal duplicates, they may
/// arrive in any order, and a reset takes back only the amounts that it saw. All sums saturate.
/// Because positive and negative amounts are summed separately, the result does not depend on the
/// order even then.
struct Contributions: Equatable, Sendable {
    /// An amount or a sum, with its two signs kept apart.
    struct Sum: Equatable, Sendable {
        /// Never negative.
        var added: Int64 = 0
        /// Never negative.
        var subtracted: Int64 = 0

        /// The difference, which cannot overflow because neither number is negative.
        var value: Int64 { added - subtracted }

        mutating func add(_ amount: Int64) {
            if amount < 0 {
                subtracted = Self.saturating(subtracted, amount == .min ? .max : -amount)
            } else {
                added = Self.saturating(added, amount)
            }
        }

        mutating func add(_ other: Sum) {
            added = Self.saturating(added, other.added)
            subtracted = Self.saturating(subtracted, other.subtracted)
        }

        private static func saturating(_ a: Int64, _ b: Int64) -> Int64 {
            let (sum, overflow) = a.addingReportingOverflow(b)
            return overflow ? .max : sum
        }
    }

    /// The part of one source.
    struct Account: Equatable, Sendable {
        /// A reset has taken back everything up to this timestamp.
        var floor: Timestamp?
        /// The sum of all amounts before the horizon.
        var folded: Folded?
        /// The amounts that are not folded, ascending by time, all above the floor.
        var entries: [Entry] = []

        var newest: Timestamp? { entries.last?.timestamp ?? folded?.upTo }
    }

    /// One amount.
    struct Entry: Equatable, Sendable {
        var timestamp: Timestamp
        var amount: Int64
    }

    /// Many amounts of one source.
    struct Folded: Equatable, Sendable {
        var sum: Sum
        /// The newest timestamp among them.
        var upTo: Timestamp
    }

    /// The largest amount of one operation, 2^53 − 1: up to there JavaScript counts without gaps.
    static let largestAmount: Int64 = 9_007_199_254_740_991

    private(set) var accounts: [Source: Account] = [:]
    private(set) var horizon = CompactionHorizon()

    /// The sum of everything.
    ///
    /// - Complexity: O(sources + amounts that are not folded).
    var sum: Sum {
        var total = Sum()
        for account in accounts.values {
            if let folded = account.folded { total.add(folded.sum) }
            for entry in account.entries { total.add(entry.amount) }
        }
        return total
    }

    /// The stamps that a reset must carry to take back everything that is here.
    var observed: ObservedStamps {
        ObservedStamps(
            accounts.compactMap { source, account in
                account.newest.map { Stamp(timestamp: $0, source: source) }
            })
    }

    /// Adds an amount, clamped to ``largestAmount``.
    ///
    /// A second amount with the same stamp is ignored.
    ///
    /// - Complexity: O(1) in the order of the source, otherwise O(amounts of the source).
    mutating func add(_ amount: Int64, at stamp: Stamp) {
        guard amount != 0, !horizon.covers(stamp) else { return }
        let amount = Swift.min(Swift.max(amount, -Self.largestAmount), Self.largestAmount)
        accounts[stamp.source, default: Account()].insert(amount, at: stamp.timestamp)
    }

    /// Takes back what was observed, including what has not arrived yet.
    mutating func reset(_ observed: ObservedStamps, at stamp: Stamp) {
        guard !horizon.covers(stamp) else { return }
        for seen in observed.seen(before: stamp) {
            var account = accounts[seen.source] ?? Account()
            account.raiseFloor(to: seen.timestamp)
            store(account, of: seen.source)
        }
    }

    /// Joins the amounts of another replica.
    mutating func merge(_ other: Contributions) {
        // Up to the later horizon, the sums of the replica that has it are complete.
        let isBehind = other.horizon.stamp.map { !horizon.covers($0) } ?? false
        var result = isBehind ? other : self
        let rest = isBehind ? self : other
        let latest = result.horizon
        for source in Set(result.accounts.keys).union(rest.accounts.keys) {
            var merged = result.accounts[source] ?? Account()
            let account = rest.accounts[source] ?? Account()
            if let upTo = merged.folded?.upTo, account.folded == nil,
                rest.horizon.covers(Stamp(timestamp: upTo, source: source))
            {
                // The other replica folded the same amounts and then took them back.
                merged.folded = nil
            }
            merged.merge(account) { timestamp in
                latest.covers(Stamp(timestamp: timestamp, source: source))
            }
            result.store(merged, of: source)
        }
        self = result
    }

    /// Folds everything before `stamp` into one sum per source.
    mutating func compact(stableBefore stamp: Stamp) {
        horizon.advance(to: stamp)
        let reached = horizon
        for (source, account) in accounts {
            var account = account
            account.fold { reached.covers(Stamp(timestamp: $0, source: source)) }
            store(account, of: source)
        }
    }

    /// Stores the rest of an account.
    ///
    /// Nothing can arrive before the horizon any more, so a floor below it is not needed.
    private mutating func store(_ account: Account, of source: Source) {
        var account = account
        if let floor = account.floor, horizon.covers(Stamp(timestamp: floor, source: source)) {
            account.floor = nil
        }
        accounts[source] = account == Account() ? nil : account
    }
}

extension Contributions.Account {
    mutating func insert(_ amount: Int64, at timestamp: Timestamp) {
        if let floor, timestamp <= floor { return }
        var index = entries.count
        while index > 0, entries[index - 1].timestamp >= timestamp { index -= 1 }
        if index < entries.count, entries[index].timestamp == timestamp { return }
        entries.insert(.init(timestamp: timestamp, amount: amount), at: index)
    }

    mutating func raiseFloor(to timestamp: Timestamp) {
        if let floor, timestamp <= floor { return }
        floor = timestamp
        entries.removeAll { $0.timestamp <= timestamp }
        if let upTo = folded?.upTo, upTo <= timestamp { folded = nil }
    }

    /// Joins another account, except for its amounts that the folded sum already contains.
    mutating func merge(_ other: Self, isFolded: (Timestamp) -> Bool) {
        for entry in other.entries where !isFolded(entry.timestamp) {
            insert(entry.amount, at: entry.timestamp)
        }
        if let floor = other.floor { raiseFloor(to: floor) }
    }

    mutating func fold(_ isStable: (Timestamp) -> Bool) {
        let stable = entries.prefix { isStable($0.timestamp) }
        guard let last = stable.last else { return }
        var sum = folded?.sum ?? Contributions.Sum()
        for entry in stable { sum.add(entry.amount) }
        folded = .init(sum: sum, upTo: last.timestamp)
        entries.removeFirst(stable.count)
    }
}

// SPDX-License-Identifier: MIT

/// The own updates of a replica on their way out, and those of an earlier life on their way home.
struct OwnUpdates: Sendable {
    /// A peer's claim to have own updates that we lack: our store was lost.
    struct Claim: Sendable {
        let timestamp: Timestamp
        let generation: Int
    }

    /// The newest own update that the value has, committed or not.
    var newest: Timestamp?
    /// Those that were written and not committed, oldest first, behind as many that have been.
    private var written: [Timestamp] = []
    private var committedCount = 0
    /// Committed ones that wait for older ones to come home, oldest first.
    var held: [Update] = []
    /// What came from peers while own writes were not yet free to leave.
    ///
    /// The value has taken these writes, and takes each source in ascending order: it is built
    /// anew when all is here.
    var home: [Update] = []
    var homeByteCount = 0
    var claims: [PeerID: Claim] = [:]
    var claimCount = 0

    var isIdle: Bool { claims.isEmpty && held.isEmpty && home.isEmpty }

    /// The oldest that was written and not committed.
    var oldestUncommitted: Timestamp? {
        committedCount < written.count ? written[committedCount] : nil
    }

    mutating func wrote(_ timestamp: Timestamp) {
        newest = timestamp
        written.append(timestamp)
    }

    mutating func committed(_ timestamp: Timestamp) {
        while let oldest = oldestUncommitted, oldest <= timestamp { committedCount += 1 }
        guard committedCount * 2 > written.count else { return }
        // By halves, so that each costs O(1).
        written.removeFirst(committedCount)
        committedCount = 0
    }
}

extension Replica {
    /// How long own updates are held back for older ones to come home: 2 s.
    static var ownClaimMilliseconds: Int { 2_000 }
    /// How often they are, at most, in the life of a replica: 16 times.
    ///
    /// A peer could claim again and again what it never sends.
    static var ownClaimLimit: Int { 16 }
    /// How many own updates from peers may wait until ours are free.
    static var homeLimit: Int { 20_000 }

    /// Whether there are own writes that were not let out yet.
    var hasUnsettledOwn: Bool {
        guard let newest = own.newest else { return false }
        return gossip.newestOwn.map { $0 < newest } ?? true
    }

    /// Takes note of what a peer says to have of our own updates.
    ///
    /// Where that is more than we have, what we write goes out only after the rest has come back,
    /// for each source is taken in ascending order: what is written first would hide the rest from
    /// us, and from all who hear of us first.
    mutating func note(
        claimed timestamp: Timestamp, by peer: PeerID, into effects: inout Effects
    ) {
        if let newest = own.newest, newest >= timestamp { return }
        effects.reports.append(.ownUpdatesMissing(claimed: timestamp))
        guard timestamp <= .clockCeiling else { return }
        generator.recover(own: timestamp)
        guard own.claimCount < Replica.ownClaimLimit else { return }
        own.claimCount += 1
        own.claims[peer] = OwnUpdates.Claim(timestamp: timestamp, generation: own.claimCount)
        effects.timers.append(
            ReplicaTimer(
                peer: peer, generation: own.claimCount,
                milliseconds: Replica.ownClaimMilliseconds))
    }

    /// The time that a timer asked for is over; it may outlive what it was for.
    public mutating func timerFired(_ timer: ReplicaTimer, into effects: inout Effects) {
        guard own.claims[timer.peer]?.generation == timer.generation else { return }
        endOwnClaim(of: timer.peer, into: &effects)
    }

    /// What this peer had of ours has come, or will not come.
    mutating func endOwnClaim(of peer: PeerID, into effects: inout Effects) {
        guard own.claims.removeValue(forKey: peer) != nil else { return }
        settleOwn(into: &effects)
    }

    /// Keeps an own update of an earlier life until our own writes are free to leave.
    mutating func keep(home update: Update, from peer: PeerID?, into effects: inout Effects) {
        guard own.home.count < Replica.homeLimit,
            current.retainedByteCount + own.homeByteCount + update.byteCount <= sizeLimit
        else {
            guard let peer else { return }
            let error = SessionError(.tooManyPending, "too many of our own updates come back")
            return cutOff(peer, error, into: &effects)
        }
        own.home.append(update)
        own.homeByteCount += update.byteCount
        if !own.claims.isEmpty { settleOwn(into: &effects) }
    }

    /// Lets own updates leave, unless older own ones are still on their way back to us.
    mutating func settleOwn(into effects: inout Effects) {
        var newest = gossip.newestOwn ?? .zero
        for update in own.home { newest = max(newest, update.timestamp) }
        own.claims = own.claims.filter { $0.value.timestamp > newest }
        guard own.claims.isEmpty else { return }
        let came = bringHome(into: &effects)
        // Peers are told in ascending order, what came home and what was held alike.
        var next = 0
        for update in came {
            while next < own.held.count, own.held[next].timestamp < update.timestamp {
                gossip.accept(own.held[next])
                next += 1
            }
            accept(update, into: &effects)
        }
        for update in own.held[next...] { gossip.accept(update) }
        if !own.held.isEmpty { effects.wakesAll = true }
        own.held = []
        guard !hasUnsettledOwn, !own.home.isEmpty else { return }
        // What is newer than all of ours may follow, now that ours are out.
        let rest = own.home.sorted { $0.timestamp < $1.timestamp }
        own.home = []
        own.homeByteCount = 0
        for update in rest { judge(update, from: nil, into: &effects) }
    }

    /// Builds the value anew with the updates that came home below those that we have written, as
    /// far as nothing older waits to be committed.
    ///
    /// - Returns: Those that the value took, in ascending order, for the peers.
    /// - Complexity: O(n log n) in all retained updates; happens only when a store was lost and
    ///   something was written before the peers were heard.
    private mutating func bringHome(into effects: inout Effects) -> [Update] {
        guard let newest = own.newest else { return [] }
        // What waits to be committed goes out before what is newer, wherever that comes from.
        let oldest = own.oldestUncommitted
        let limit = oldest.map { min($0, newest) } ?? newest
        let older = own.home.filter { $0.timestamp < limit && !gossip.covers($0.stamp) }
        own.home.removeAll {
            $0.timestamp < limit || oldest == nil && $0.timestamp == newest
        }
        own.homeByteCount = own.home.reduce(0) { $0 + $1.byteCount }
        guard !older.isEmpty else { return [] }
        var came: [Update] = []
        var all = current.history(since: VersionVector()).map { (update: $0, isHome: false) }
        all += older.map { (update: $0, isHome: true) }
        // Ours first where two have one stamp: then the other one is refused as known.
        all.sort { left, right in
            if left.update.stamp != right.update.stamp {
                return left.update.stamp < right.update.stamp
            }
            return !left.isHome && right.isHome
        }
        var rebuilt = initial
        var last: Stamp?
        for (update, isHome) in all {
            let stamp = update.stamp
            if isHome, stamp == last {
                effects.reports.append(.stale(stamp))
                continue
            }
            last = stamp
            let result = rebuilt.apply(update)
            guard isHome else { continue }
            if case .refused(let message) = result {
                effects.reports.append(.refused(Refusal(.value, message, stamp: stamp), nil))
            } else {
                came.append(update)
            }
        }
        var ignored: [Value.Change]?
        rebuilt.advance(wallClock: wallClock, changes: &ignored)
        current = rebuilt
        effects.isReset = true
        return came
    }
}

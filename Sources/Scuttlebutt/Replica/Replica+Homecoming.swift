// SPDX-License-Identifier: MIT

/// The own updates of a replica on their way out, and those of an earlier life on their way home.
struct OwnUpdates: Sendable {
    /// A peer's claim to have own updates that we lack, which means that our store was lost.
    struct Claim: Sendable {
        let timestamp: Timestamp
        let generation: Int
    }

    /// An own update that is not durable yet.
    struct Unsaved: Sendable {
        let token: Int
        let update: Update
    }

    /// The newest own update that the value has, released or not.
    var newest: Timestamp?
    /// Own updates that are not durable yet, oldest first.
    var unsaved = OrderedQueue<Unsaved>()
    /// Durable ones that wait for older ones to come home, oldest first.
    var held: [Update] = []
    /// What came from peers while own writes were not yet free to leave.
    ///
    /// The value has these writes already, so these older ones are inserted below them when all of
    /// them are here.
    var home: [Update] = []
    var homeByteCount = 0
    var claims: [PeerID: Claim] = [:]
    /// The timestamps of own updates that some peer does not take.
    var setAside: Set<Timestamp> = []
    /// How many of them are counted and reported.
    static var setAsideLimit: Int { 65_536 }
    var claimCount = 0

    /// Whether nothing is awaited: an own update may leave at once.
    var isIdle: Bool { claims.isEmpty && held.isEmpty && home.isEmpty }
}

extension Replica {
    /// How long own updates are held back for older ones to come home: 2 s.
    static var homecomingMilliseconds: Int { 2_000 }
    /// How often they are held back in the life of a replica: at most 16 times.
    ///
    /// A peer could claim again and again what it never sends.
    static var claimLimit: Int { 16 }
    /// How many own updates from peers may wait until ours are free.
    static var homeLimit: Int { 20_000 }

    /// Whether there are own writes that were not released yet.
    var hasUnsettledOwn: Bool {
        guard let newest = own.newest else { return false }
        return gossip.newestOwn.map { $0 < newest } ?? true
    }

    /// Notes what a peer says it has of our own updates.
    ///
    /// If that is more than we have, what we write leaves only after the rest has come home,
    /// because each source is taken in ascending order: what is written first would hide the rest
    /// from us, and from everybody who hears of us first.
    mutating func note(
        claimed timestamp: Timestamp, by peer: PeerID, into effects: inout [Effect]
    ) {
        if let newest = own.newest, newest >= timestamp {
            // Nobody can have what never left: two of us write under one name, and this peer, which
            // has the other's updates, will not ask for ours.
            if !gossip.hasLeft, !configuration.sharesStorage {
                effects.append(.report(.ownUpdatesMissing(claimed: timestamp)))
            }
            return
        }
        effects.append(.report(.ownUpdatesMissing(claimed: timestamp)))
        guard timestamp <= .clockCeiling else { return }
        timestamps.recover(own: timestamp)
        guard own.claimCount < Self.claimLimit else { return }
        own.claimCount += 1
        lastTimer += 1
        own.claims[peer] = OwnUpdates.Claim(timestamp: timestamp, generation: lastTimer)
        effects.append(
            .startTimer(
                ReplicaTimer(
                    purpose: .homecoming, peer: peer, generation: lastTimer,
                    milliseconds: Self.homecomingMilliseconds)))
    }

    /// What this peer had of ours has come, or will not come.
    mutating func endClaim(of peer: PeerID, into effects: inout [Effect]) {
        guard own.claims.removeValue(forKey: peer) != nil else { return }
        settleOwn(into: &effects)
    }

    /// Keeps an own update of an earlier life until our own writes are free to leave.
    ///
    /// - Returns: Whether there was room; if not, the sender's session was ended.
    mutating func keep(home arrival: Arrival, into effects: inout [Effect]) -> Bool {
        let update = arrival.update
        guard own.home.count < Self.homeLimit,
            value.retainedByteCount + own.homeByteCount + update.byteCount
                <= configuration.sizeLimit
        else {
            let error = SessionError(.tooManyPending, "too many of our own updates come back")
            cutOff(arrival.peer, error, into: &effects)
            return false
        }
        own.home.append(update)
        own.homeByteCount += update.byteCount
        return true
    }

    /// Releases own updates, unless older ones are still on their way home.
    mutating func settleOwn(into effects: inout [Effect]) {
        var newest = gossip.newestOwn ?? .zero
        for update in own.home { newest = max(newest, update.timestamp) }
        own.claims = own.claims.filter { $0.value.timestamp > newest }
        guard own.claims.isEmpty else { return }
        // An update in our name that is being verified goes before what is newer.
        let barrier = queues[source]?.earliest ?? .maximum
        let came = bringHome(below: barrier, into: &effects)
        // Peers get what came home and what was held in ascending order.
        var next = 0
        for update in came {
            while next < own.held.count, own.held[next].timestamp < update.timestamp {
                gossip.accept(own.held[next])
                next += 1
            }
            observe(update.stamp)
            gossip.accept(update)
        }
        while next < own.held.count, own.held[next].timestamp < barrier || queues[source] == nil {
            gossip.accept(own.held[next])
            next += 1
        }
        own.held.removeFirst(next)
        publish(came, changes: nil, isReset: !came.isEmpty, into: &effects)
        if next > 0, came.isEmpty, gossip.peerCount > 0 { effects.append(.wakeAll) }
        guard !hasUnsettledOwn, !own.home.isEmpty else { return }
        // What is newer than all of ours may follow, now that ours are released.
        let rest = own.home.sorted { $0.timestamp < $1.timestamp }
        own.home = []
        own.homeByteCount = 0
        accept(rest.map { Arrival(update: $0, fingerprint: nil, peer: nil) }, into: &effects)
    }

    /// Inserts the updates that came home below those that we have written, as far as nothing older
    /// waits to be saved or verified.
    ///
    /// It happens only when a store was lost and something was written before the peers were heard.
    ///
    /// - Returns: The updates that the value took, in ascending order, for the peers.
    /// - Complexity: that of ``Replicated/insert(older:initial:wallClock:)``.
    private mutating func bringHome(
        below barrier: Timestamp, into effects: inout [Effect]
    ) -> [Update] {
        guard let newest = own.newest else { return [] }
        // What waits to be saved leaves before what is newer, wherever that comes from.
        let oldest = own.unsaved.first?.update.timestamp
        let limit = min(oldest ?? newest, newest, barrier)
        let older = own.home.filter { $0.timestamp < limit && !gossip.covers($0.stamp) }
        own.home.removeAll {
            $0.timestamp < limit || oldest == nil && $0.timestamp == newest
        }
        own.homeByteCount = own.home.reduce(0) { $0 + $1.byteCount }
        guard !older.isEmpty else { return [] }
        let ascending = older.sorted { $0.timestamp < $1.timestamp }
        let results = value.insert(older: ascending, initial: initial, wallClock: wallClock)
        gossip.forgetHistoryBlocks()
        var came: [Update] = []
        for (update, result) in zip(ascending, results) {
            switch result {
            case .applied:
                came.append(update)
            case .refused(let message):
                let refusal = Refusal(.value, message, stamp: update.stamp)
                effects.append(.report(.refused(refusal, nil)))
            case nil:
                effects.append(.report(.stale(update.stamp)))
            }
        }
        return came
    }
}

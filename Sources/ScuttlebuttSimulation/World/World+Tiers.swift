// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Peers whose memory is a cache of their disk.
extension World {
    /// How long a read of the disk may take, in microseconds.
    private static var readDelay: Int { 6_000 }

    /// Something that a session needs from the disk.
    struct Reading: Sendable {
        let range: StoredRange
        /// `nil` until the disk was read; then what it returned.
        var result: [Update]??
    }

    /// Whether the memory of a peer is only a cache of its disk.
    ///
    /// A property of ``Node`` would copy the node to find out.
    func isTiered(_ node: Int) -> Bool { nodes[node].memory > 0 }

    /// Whether the disk of a peer fails to read now.
    private mutating func failsToRead(_ node: Int) -> Bool {
        healedAt == nil && nodes[node].tierRandom.chance(script.damage)
    }

    private mutating func tierDelay(_ node: Int) -> Int64 {
        Int64(nodes[node].tierRandom.below(Self.readDelay))
    }

    // MARK: Reading for sessions

    /// Reads a part of the log for a session, some time later.
    mutating func read(_ range: StoredRange, _ node: Int) {
        guard isTiered(node) else {
            return fail(
                .bounds, "\(name(node)) reads its storage, though everything is in memory")
        }
        nodes[node].lastReading += 1
        let id = nodes[node].lastReading
        nodes[node].readings[id] = Reading(range: range)
        queue.add(
            .read(node: node, life: nodes[node].life, id), due: time + tierDelay(node))
    }

    /// Reads what is on the disk now, and hands it over some time later.
    mutating func advanceReading(_ node: Int, _ id: Int) {
        guard let reading = nodes[node].readings[id] else { return }
        guard let result = reading.result else {
            var found: [Update]?
            if failsToRead(node) {
                nodes[node].failedReads.insert(reading.range.peer)
            } else {
                let limit = 1 + nodes[node].tierRandom.below(12)
                found = nodes[node].disk.updates(after: reading.range.after, limit: limit)
            }
            nodes[node].readings[id]?.result = .some(found)
            return queue.add(
                .read(node: node, life: nodes[node].life, id), due: time + tierDelay(node))
        }
        nodes[node].readings[id] = nil
        note(40, node, result?.count ?? -1) {
            "\($0.name(node)) has read \(result?.map(\.stamp.text) ?? ["nothing"]) for a peer"
        }
        figures.storedPages += 1
        handle(node, .read(reading.range, result))
    }

    // MARK: Trimming

    /// Drops the oldest part of the log and the history from memory, now and then.
    ///
    /// Call it only between transitions: what a transition wants to be saved is not in the queue
    /// before.
    mutating func trimSometimes(_ node: Int) {
        guard isTiered(node), nodes[node].isRunning, nodes[node].tierRandom.chance(8)
        else { return }
        var unsaved: [Source: Timestamp] = [:]
        for save in nodes[node].saveQueue {
            for update in save.updates where unsaved[update.source] == nil {
                unsaved[update.source] = update.timestamp
            }
        }
        let log = nodes[node].tierRandom.below(nodes[node].memory + 1)
        let history = nodes[node].tierRandom.below(nodes[node].memory + 1)
        nodes[node].peer?.trim(log: log, history: history, unsaved: unsaved)
    }

    // MARK: Replays and checkpoints

    /// Lets a peer fold what came late, or store a checkpoint that is due.
    mutating func startTierWork(_ node: Int) {
        guard isTiered(node), !nodes[node].isWorking, nodes[node].hasWork() else { return }
        nodes[node].isWorking = true
        queue.add(.work(node: node, life: nodes[node].life), due: time + tierDelay(node))
    }

    /// Takes one step of that.
    mutating func work(_ node: Int) {
        nodes[node].isWorking = false
        trimSometimes(node)
        let fails = failsToRead(node)
        note(41, node, fails ? 1 : 0) { "\($0.name(node)) works on its history" }
        nodes[node].work(fails: fails)
        figures.tierSteps += 1
        checkStep(node)
        if fails {
            nodes[node].isWorking = true
            queue.add(
                .work(node: node, life: nodes[node].life), due: time + Self.saveRetryDelay)
        } else {
            startTierWork(node)
        }
    }

    // MARK: Starting

    /// Lets a peer restore what is on its disk, and returns it.
    mutating func restoreTiers(_ peer: inout Program.Peer, _ node: Int) -> [Update] {
        if script.damage > 0, nodes[node].tierRandom.chance(50) { nodes[node].damageDisk() }
        let refusals = nodes[node].refusals
        peer.open(&nodes[node].disk, refusals: refusals)
        return nodes[node].disk.updates()
    }

    /// Lets a peer know the actions of the new version; one with a limited memory starts again.
    mutating func upgrade(_ node: Int) {
        let wasNew = nodes[node].isNew
        nodes[node].isNew = true
        guard isTiered(node) else {
            nodes[node].peer?.upgrade()
            return
        }
        guard !wasNew, nodes[node].isRunning else { return }
        crash(node, kept: 0)
        start(node)
    }

    // MARK: Checking

    /// What a peer retains, in memory or on its disk, and may send.
    mutating func retained(_ node: Int) -> [Update] {
        guard isTiered(node) else { return nodes[node].peer?.retained ?? [] }
        let log = nodes[node].disk.updates()
        return log.filter { update in
            nodes[node].peer?.withPeer { $0.gossip.covers(update.stamp) } == true
        }
    }

    /// Checks at rest that memory, checkpoints and log of a peer match, and that it would start
    /// with the same state.
    mutating func checkTiers(_ node: Int) {
        guard isTiered(node), violation == nil else { return }
        let count = nodes[node].folded.count
        if nodes[node].peer?.withPeer({ $0.isSettled(foldedCount: count) }) != true {
            return fail(.reference, "\(name(node)) is at rest with actions that it has not folded")
        }
        let (program, isNew) = (program, nodes[node].isNew)
        let reference: ([Update]) -> Program.Peer.Observed = { updates in
            let entries = updates.map { ReferenceEntry(payload: $0.payload, stamp: $0.stamp) }
            return program.reference(entries, isNew: isNew)
        }
        if let message = nodes[node].brokenTier(reference) {
            return fail(.reference, "\(name(node)): \(message)")
        }
        var peer = program.peer(traits(node))
        peer.open(&nodes[node].disk, refusals: [])
        let expected = reference(nodes[node].disk.updates())
        if peer.observed != expected {
            fail(
                .reference,
                "\(name(node)) would start as \(peer.observed), where its disk folds to \(expected)"
            )
        }
    }
}

extension World.Node {
    /// Looks at the peer in place; from outside, the node would be copied.
    mutating func hasWork() -> Bool { peer?.withPeer { $0.hasWork } == true }

    mutating func work(fails: Bool) {
        peer?.work(on: &disk, fails: fails, random: &tierRandom)
    }

    mutating func damageDisk() { disk.damage(&tierRandom) }

    mutating func brokenTier(_ reference: ([Update]) -> Program.Peer.Observed) -> String? {
        peer?.brokenTier(&disk, reference)
    }
}

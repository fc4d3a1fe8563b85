// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// Performs a command; one that makes no sense at the moment does nothing.
    mutating func perform(_ command: Step.Command) {
        guard command.peers.allSatisfy({ nodes.indices.contains($0) }) else { return }
        note(20, command.peers.first ?? 0, 0) { _ in
            "-- \(Step(0, command).description.dropFirst(5))"
        }
        switch command {
        case .dispatch(let node, let number): dispatch(node, number, isNewer: false)
        case .dispatchNewer(let node, let number):
            // A peer does not write actions that it does not know.
            if nodes[node].isNew { dispatch(node, number, isNewer: true) }
        case .dispatchLocal(let node, let number):
            if let payload = program.payload(number, isNewer: false) { writeLocally(payload, node) }
        case .cut(let a, let b): for number in open(a, b) { cut(number) }
        case .halfOpen(let a, let b): forgetConnection(a, b)
        case .duplicate(let a, let b):
            if a != b, nodes[a].isRunning, nodes[b].isRunning, nodes[a].group == nodes[b].group {
                connect(a, b, edge: nil)
            }
        case .link(let a, let b): link(a, b)
        case .unlink(let a, let b): unlink(a, b)
        case .partition(let groups, let isSilent): partition(groups, isSilent: isSilent)
        case .heal: healPartition()
        case .crash(let node, let kept): crash(node, kept: kept)
        case .restart(let node), .join(let node): restart(node)
        case .failDisk(let node, let writes): nodes[node].disk.failingWrites = max(writes, 0)
        case .fillDisk(let node): nodes[node].disk.isFull = true
        case .freeDisk(let node): nodes[node].disk.isFull = false
        case .backUp(let node): backUp(node)
        case .restore(let node): restore(node)
        case .restoreAnew(let node): restore(node, isAnew: true)
        case .stepClock(let node, let milliseconds):
            nodes[node].clockOffset += Double(milliseconds)
            if let frozen = nodes[node].frozenClock {
                nodes[node].frozenClock = frozen + Double(milliseconds)
            }
        case .freezeClock(let node, let isOn):
            nodes[node].frozenClock = isOn ? wallClock(node) : nil
        case .retire(let node): retire(node)
        case .slow(let node, let isOn): slow(node, isOn)
        case .upgrade(let node):
            upgrade(node)
            checkReference(node)
        case .attack(let node, let attack, let seed): perform(attack, on: node, seed: seed)
        }
    }

    // MARK: Writing

    private mutating func dispatch(_ node: Int, _ number: UInt64, isNewer: Bool) {
        let prepared = nodes[node].peer?.withPeer { $0.payload(number, isNewer: isNewer) } ?? nil
        guard let payload = prepared ?? program.payload(number, isNewer: isNewer) else { return }
        dispatch(payload, node)
    }

    /// Dispatches at a peer and returns whether it is running and accepted the action.
    @discardableResult
    mutating func dispatch(_ payload: Payload, _ node: Int) -> Bool {
        guard nodes[node].isRunning else { return false }
        let clock = wallClock(node)
        guard let update = nodes[node].peer?.write(payload, wallClock: clock, into: &effects)
        else {
            // A data type may refuse the writes of a script; an action is never refused.
            if program.canVerify { fail(.clock, "\(name(node)) cannot write any more") }
            return false
        }
        figures.dispatched += 1
        note(21, node, 0) { "\($0.name(node)) writes \(update.stamp.text)" }
        log.mix(update.payload)
        let highest = nodes[node].highestSeen
        if let message = ledger.write(update, by: node, highestSeen: highest) {
            fail(.clock, message)
        }
        checkClaims(writing: update, node)
        noteFolded(update, node)
        performEffects(node)
        return true
    }

    mutating func writeLocally(_ payload: Payload, _ node: Int) {
        guard nodes[node].peer?.writeLocally(payload) == true else { return }
        nodes[node].locals.append((nodes[node].newestFolded, payload))
        checkStep(node)
    }

    // MARK: Connections

    private func open(_ a: Int, _ b: Int) -> [Int] {
        nodes[a].open.filter { number in
            connections[number].ends.contains { $0.node == b } && a != b
        }
    }

    private mutating func forgetConnection(_ a: Int, _ b: Int) {
        for number in open(a, b) {
            close(number, end(of: number, at: b), notifiesOtherEnd: false)
        }
    }

    private mutating func unlink(_ a: Int, _ b: Int) {
        for edge in edges.indices
        where [edges[edge].dialler, edges[edge].listener].sorted() == [a, b].sorted() {
            edges[edge].isWanted = false
            edges[edge].generation += 1
        }
        for number in open(a, b) { cut(number) }
    }

    mutating func partition(_ groups: [[Int]], isSilent: Bool) {
        for node in nodes.indices { nodes[node].group = 0 }
        for (index, group) in groups.enumerated() {
            for node in group where nodes.indices.contains(node) { nodes[node].group = index + 1 }
        }
        for number in connections.indices {
            guard let a = connections[number].ends[0].node,
                let b = connections[number].ends[1].node
            else { continue }
            let isApart = nodes[a].group != nodes[b].group
            let isOpen = connections[number].ends[0].isOpen || connections[number].ends[1].isOpen
            if isApart, isOpen {
                if isSilent { block(number) } else { cut(number) }
            } else if !isApart {
                unblock(number)
            }
        }
    }

    mutating func healPartition() { partition([], isSilent: false) }

    private mutating func slow(_ node: Int, _ isOn: Bool) {
        nodes[node].isSlow = isOn
        guard !isOn else { return }
        for number in nodes[node].open {
            resumeDeliveries(number, 1 - end(of: number, at: node))
        }
    }

    // MARK: Lives

    /// Starts a peer with what is on its disk.
    mutating func start(_ node: Int) {
        nodes[node].life += 1
        if !nodes[node].saves, nodes[node].life > 1 {
            // A peer that has lost its log must not continue under the same source.
            nodes[node].source = World.source(
                node, life: nodes[node].life, hasOddNames: script.hasOddNames)
            nodes[node].writer = ledger.index(of: nodes[node].source, owner: node)
        }
        var peer = program.peer(traits(node))
        let loaded = nodes[node].disk.load(program.wire, own: nodes[node].source)
        let restored =
            isTiered(node)
            ? restoreTiers(&peer, node) : peer.restore(loaded, refusals: nodes[node].refusals)
        nodes[node].peer = peer
        nodes[node].isRunning = true
        if restored.count != loaded.count {
            fail(
                .durability, "\(name(node)) took back \(restored.count) of \(loaded.count) updates")
        }
        ledger.forget(node)
        for update in restored {
            noteFolded(update, node)
            if update.timestamp <= .clockCeiling {
                nodes[node].highestSeen = max(nodes[node].highestSeen, update.timestamp.value)
            }
            if retainsEverything, case .wrong(let message) = ledger.accept(update, by: node) {
                fail(.durability, "\(name(node)) starts with a disk where \(message)")
            }
        }
        if !restored.isEmpty, !isTiered(node), let known = nodes[node].peer?.fold(restored),
            known > 0
        {
            fail(.notification, "\(name(node)) was given \(known) actions twice at its start")
        }
        checkStep(node)
        checkReference(node)
        startTierWork(node)
        for edge in edges.indices
        where edges[edge].dialler == node && edges[edge].isWanted && edges[edge].connection == nil {
            edges[edge].attempt = 0
            scheduleDial(edge, after: Int64(nodes[node].random.below(20_000)))
        }
    }

    /// The properties of a peer to create.
    func traits(_ node: Int) -> PeerTraits {
        PeerTraits(
            source: nodes[node].source, saves: nodes[node].saves, verifies: verifies,
            isNew: nodes[node].isNew, limits: script.limits, memory: nodes[node].memory,
            checkpoints: script.checkpoints)
    }

    private mutating func restart(_ node: Int) {
        guard !nodes[node].isRunning, !nodes[node].isRetired else { return }
        nodes[node].isAbsent = false
        start(node)
    }

    /// Ends a life at once, which loses everything that is not durable.
    mutating func crash(_ node: Int, kept: Int) {
        guard nodes[node].isRunning else { return }
        nodes[node].peer = nil
        nodes[node].isRunning = false
        nodes[node].life += 1
        for number in nodes[node].open {
            close(
                number, end(of: number, at: node), notifiesOtherEnd: kept % 2 == 0,
                isSessionClosed: true)
        }
        nodes[node].disk.losePower(kept: kept)
        forgetLife(node)
        guard nodes[node].saves else { return }
        let own = nodes[node].source
        let survivors = nodes[node].disk.load(program.wire, own: own).count { $0.source == own }
        if ledger.writers[nodes[node].writer].taintedFrom == nil {
            if survivors < nodes[node].acknowledgedOwn {
                fail(
                    .durability,
                    "\(name(node)) kept \(survivors) of \(nodes[node].acknowledgedOwn) own updates")
            }
            ledger.truncate(nodes[node].writer, to: survivors)
            nodes[node].acknowledgedOwn = survivors
        } else {
            // The list still has what was lost, and will not have what is written next.
            ledger.taint(nodes[node].writer, from: survivors)
        }
    }

    private mutating func forgetLife(_ node: Int) {
        nodes[node].saveQueue = []
        nodes[node].saving = nil
        nodes[node].ends = []
        nodes[node].open = []
        nodes[node].unfolded = []
        nodes[node].isFolding = false
        nodes[node].folded = []
        nodes[node].locals = []
        nodes[node].newestFolded = nil
        nodes[node].checkedCount = -1
        nodes[node].highestSeen = 0
        nodes[node].strangers = [:]
        nodes[node].unreported = []
        nodes[node].told = []
        nodes[node].readings = [:]
        nodes[node].failedReads = []
        nodes[node].isWorking = false
        nodes[node].ownClaims = OwnClaims()
        ledger.forget(node)
    }

    private mutating func retire(_ node: Int) {
        crash(node, kept: 0)
        nodes[node].isRetired = true
        for edge in edges.indices
        where edges[edge].dialler == node || edges[edge].listener == node {
            edges[edge].isWanted = false
            edges[edge].generation += 1
        }
    }

    private mutating func backUp(_ node: Int) {
        guard nodes[node].saves else { return }
        nodes[node].disk.backUp()
    }

    /// Starts a peer from the copy of its disk.
    ///
    /// Under the same source, the classic wire cannot distinguish this from a clone, so there are
    /// no promises any more. Under a new source there are, because others send what the copy lacks.
    private mutating func restore(_ node: Int, isAnew: Bool = false) {
        guard nodes[node].saves, !nodes[node].isRetired, !nodes[node].isAbsent else { return }
        var disk = nodes[node].disk
        guard disk.restoreBackup() else { return }
        crash(node, kept: 0)
        let own = nodes[node].source
        let count = disk.load(program.wire, own: own).count { $0.source == own }
        nodes[node].disk = disk
        guard !isAnew else {
            nodes[node].source = World.source(
                node, life: nodes[node].life + 1, hasOddNames: script.hasOddNames)
            nodes[node].writer = ledger.index(of: nodes[node].source, owner: node)
            nodes[node].acknowledgedOwn = 0
            return start(node)
        }
        taint(nodes[node].writer, from: count, "its device was set back to a backup")
        start(node)
    }
}

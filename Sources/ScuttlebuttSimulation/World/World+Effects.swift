// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// The delay before a failed save is retried.
    static var saveRetryDelay: Int64 { 1_000_000 }

    /// Performs the effects of a replica, in any order that the duties on `ReplicaEffect` allow,
    /// and makes the checks that are possible at once.
    mutating func performEffects(_ node: Int) {
        guard !effects.isEmpty else { return checkStep(node) }
        var batch: [Effect] = []
        swap(&batch, &effects)
        checkEffects(batch, of: node)
        permute(&batch, node)
        for effect in batch where violation == nil { perform(effect, of: node) }
        if effects.isEmpty {
            batch.removeAll(keepingCapacity: true)
            effects = batch
        }
        checkClaims(node)
        checkStep(node)
    }

    private mutating func perform(_ effect: Effect, of node: Int) {
        switch effect {
        case .accepted(let updates):
            accept(updates, node)
        case .save(let token, let updates):
            guard nodes[node].saves else {
                return fail(.bounds, "\(name(node)) saves without a disk")
            }
            nodes[node].saveQueue.append((token, updates))
            if nodes[node].saving == nil { startSave(node) }
        case .verify(let id, let update):
            verify(id, update, node)
        case .remember(let fingerprint):
            nodes[node].refusals.append(fingerprint)
        case .wake(let peer):
            wake(node, peer)
        case .wakeAll:
            wakeAll(node)
        case .startTimer(let timer):
            queue.add(
                .timer(node: node, life: nodes[node].life, timer),
                due: time + Int64(timer.milliseconds) * 1_000)
        case .close(let peer, let error):
            let place = nodes[node].ends[peer.number - 1]
            note(8, node, place.connection) { "\($0.name(node)): \(error.message)" }
            let isHonest = connections[place.connection].ends[1 - place.end].node != nil
            if error.code == .storageFailed, nodes[node].failedReads.contains(peer) {
                // The next session asks again.
            } else if isHonest, !verifies || error.code == .storageFailed {
                fail(.report, "\(name(node)) ends an honest session: \(error.message)")
            }
            close(
                place.connection, place.end, notifiesOtherEnd: true, isSessionClosed: true)
        case .report(let event):
            hear(event, node)
        case .changed:
            fail(.bounds, "\(name(node)) describes changes that nobody wants")
        case .sign, .signed, .notSigned:
            fail(.bounds, "\(name(node)) signs, though it does not")
        case .read(let range):
            read(range, node)
        case .presence:
            // The peers of a world set none; an attacker may.
            break
        }
    }

    /// The most effects of one transition to permute; the others keep their order.
    private static var permutedCount: Int { 32 }

    /// Puts the effects into a random order, except that notices keep theirs, and so do saves.
    private mutating func permute(_ batch: inout [Effect], _ node: Int) {
        let count = min(batch.count, Self.permutedCount)
        for place in 0..<max(count - 1, 0) {
            var choice = place + nodes[node].random.below(count - place)
            let group = batch[choice].group
            if group != .sideEffect {
                // The first of an ordered group goes first.
                choice = batch[place...choice].firstIndex { $0.group == group } ?? choice
            }
            guard choice != place else { continue }
            batch.insert(batch.remove(at: choice), at: place)
        }
    }

    private mutating func wake(_ node: Int, _ peer: PeerID) {
        guard peer.number <= nodes[node].ends.count else { return }
        let place = nodes[node].ends[peer.number - 1]
        scheduleWrite(place.connection, place.end)
    }

    private mutating func wakeAll(_ node: Int) {
        for number in nodes[node].open {
            scheduleWrite(number, end(of: number, at: node))
        }
    }

    // MARK: Accepting and folding

    private mutating func accept(_ updates: [Update], _ node: Int) {
        figures.accepted += updates.count
        lastAcceptance = time
        note(9, node, updates.count) { "\($0.name(node)) accepts \(updates.map(\.stamp.text))" }
        for update in updates {
            noteStranger(update, node)
            if retainsEverything {
                if case .wrong(let message) = ledger.accept(update, by: node) {
                    return fail(.prefix, "\(name(node)): \(message)")
                }
            }
            // The own clock is raised by own updates too, but never judged by them.
            if update.timestamp <= .clockCeiling, update.source != nodes[node].source {
                nodes[node].highestSeen = max(nodes[node].highestSeen, update.timestamp.value)
            }
            if update.source == nodes[node].source { settleClaims(update, node) }
        }
        nodes[node].unfolded += updates
        guard foldsLater else { return fold(node) }
        guard !nodes[node].isFolding else { return }
        nodes[node].isFolding = true
        let delay = nodes[node].random.below(script.limits.foldDelay * 1_000 + 1)
        queue.add(.fold(node: node, life: nodes[node].life), due: time + Int64(delay))
    }

    /// Folds all waiting updates, as one batch with one notification.
    mutating func fold(_ node: Int) {
        nodes[node].isFolding = false
        var updates: [Update] = []
        swap(&updates, &nodes[node].unfolded)
        guard !updates.isEmpty else { return }
        nodes[node].foldCount += 1
        figures.notifications += 1
        note(10, node, updates.count) { "\($0.name(node)) folds \(updates.count)" }
        for update in updates { noteFolded(update, node) }
        let repeated = repetition(node)
        let batch = repeated.isEmpty ? updates : updates + repeated
        // What a replay has read ahead comes a second time.
        if let known = nodes[node].peer?.fold(batch), known != repeated.count,
            !isTiered(node) || known < repeated.count
        {
            fail(
                .notification,
                "\(name(node)) was given \(repeated.count) actions twice and counts \(known)")
        }
        checkStep(node)
        startTierWork(node)
        guard nodes[node].foldCount >= nodes[node].nextReference else { return }
        checkReference(node)
        // The cost of a check grows with the history, so longer histories are checked less often.
        nodes[node].nextReference =
            nodes[node].foldCount + World.referenceInterval + nodes[node].folded.count / 2
    }

    mutating func noteFolded(_ update: Update, _ node: Int) {
        nodes[node].folded.append(update)
        let stamp = update.stamp
        if nodes[node].newestFolded.map({ $0 < stamp }) ?? true { nodes[node].newestFolded = stamp }
    }

    // MARK: The disk

    mutating func startSave(_ node: Int) {
        guard nodes[node].beginSave() else { return }
        let delay = nodes[node].random.below(script.limits.saveDelay * 1_000 + 1)
        queue.add(.saved(node: node, life: nodes[node].life), due: time + Int64(delay))
    }

    mutating func finishSave(_ node: Int) {
        guard let (token, count) = nodes[node].saving else { return }
        guard nodes[node].disk.end() else {
            note(11, node, token) { "\($0.name(node)) cannot save" }
            queue.add(
                .retrySave(node: node, life: nodes[node].life), due: time + Self.saveRetryDelay)
            return
        }
        if isTiered(node) { nodes[node].peer?.noteSaved(token) }
        note(12, node, token) { "\($0.name(node)) has saved up to \(token)" }
        nodes[node].endSave(count)
        if !nodes[node].saveQueue.isEmpty { startSave(node) }
        handle(node, .saved(token))
    }

    // MARK: Verifying

    /// Judges as a perfect signature would: exactly what its source wrote is genuine.
    ///
    /// Sometimes the verifier fails.
    private mutating func verify(_ id: VerificationID, _ update: Update, _ node: Int) {
        let writer = ledger.index(of: update.source)
        var judgement = Judgement.genuine
        if ledger.writers[writer].owner != nil, !ledger.isGenuine(update, writer: writer) {
            judgement = .forged
        } else if healedAt == nil, nodes[node].random.chance(2) {
            judgement = .unknown
        }
        let delay = Int64(nodes[node].random.below(8_000))
        queue.add(
            .verdict(node: node, life: nodes[node].life, id, judgement), due: time + delay)
    }
}

/// The groups of effects that the duties on `ReplicaEffect` distinguish.
private enum EffectGroup {
    case notice
    case save
    case sideEffect
}

extension ReplicaEffect {
    fileprivate var group: EffectGroup {
        switch self {
        case .accepted, .changed, .signed, .notSigned, .report: .notice
        case .save: .save
        case .sign, .verify, .remember, .wake, .wakeAll, .startTimer, .close, .read, .presence:
            .sideEffect
        }
    }
}

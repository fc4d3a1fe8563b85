// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// After so many folds of a peer, at least, the whole state is compared with the reference.
    static var referenceInterval: Int { 32 }
    /// How many accepted updates may wait to be folded: what one write of each connection brings.
    static var unfoldedLimit: Int { 1_000_000 }

    /// Checks what can be checked in O(1) after each step of a peer.
    mutating func checkStep(_ node: Int) {
        let count = nodes[node].folded.count
        guard violation == nil, nodes[node].isRunning, nodes[node].checkedCount != count
        else { return }
        nodes[node].checkedCount = count
        if let message = nodes[node].peer?.withPeer({ $0.brokenInvariant(foldedCount: count) })
            ?? nil
        {
            fail(.notification, "\(name(node)): \(message)")
        }
        if nodes[node].unfolded.count > Self.unfoldedLimit {
            fail(.bounds, "\(name(node)) has \(nodes[node].unfolded.count) updates to fold")
        }
    }

    /// Compares the state of a peer with an obvious fold of everything that it has.
    mutating func checkReference(_ node: Int) {
        guard violation == nil, nodes[node].isRunning, isSettled(node) else { return }
        let expected = program.reference(entries(node), isNew: nodes[node].isNew)
        guard let found = nodes[node].peer?.withPeer({ $0.observed }), found != expected else {
            return
        }
        fail(
            .reference,
            "the state of \(name(node)) with \(nodes[node].folded.count) updates is "
                + "\(found), where folding them in order gives \(expected)")
    }

    /// Whether a peer is not folding anything again, so that its state is that of what it has.
    private mutating func isSettled(_ node: Int) -> Bool {
        guard isTiered(node) else { return true }
        let count = nodes[node].folded.count
        return nodes[node].peer?.withPeer { $0.isSettled(foldedCount: count) } == true
    }

    /// What a peer has, in agreed order: by timestamp, then by the source's UTF-16 code units, and
    /// what is local right behind what was newest when it was written.
    ///
    /// Nothing of the package takes part in the ordering, so that it is a check of it.
    private func entries(_ node: Int) -> [ReferenceEntry] {
        let folded = nodes[node].folded
        // Numbers are sorted, not updates, each of which is three references.
        var keys = folded.indices.map { (timestamp: folded[$0].timestamp.value, place: $0) }
        keys.sort { left, right in
            if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
            return folded[left.place].source.text.utf16
                .lexicographicallyPrecedes(folded[right.place].source.text.utf16)
        }
        var entries: [ReferenceEntry] = []
        entries.reserveCapacity(folded.count + nodes[node].locals.count)
        var next = 0
        func takeLocals(_ isBefore: (Stamp?) -> Bool) {
            while next < nodes[node].locals.count, isBefore(nodes[node].locals[next].anchor) {
                entries.append(
                    ReferenceEntry(payload: nodes[node].locals[next].payload, stamp: nil))
                next += 1
            }
        }
        takeLocals { $0 == nil }
        for key in keys {
            let update = folded[key.place]
            entries.append(ReferenceEntry(payload: update.payload, stamp: update.stamp))
            takeLocals { $0 == update.stamp }
        }
        return entries
    }

    // MARK: At rest

    /// Ends all faults, joins what is left, and waits until nothing is due any more.
    ///
    /// - Parameter patience: How long the swarm may take to come to rest, in microseconds.
    mutating func settle(patience: Int64 = 120_000_000) {
        guard violation == nil else { return }
        healedAt = time
        lastAcceptance = time
        note(30, 0, 0) { _ in "-- settle" }
        healPartition()
        for node in nodes.indices {
            nodes[node].disk.isFull = false
            nodes[node].disk.failingWrites = 0
            nodes[node].frozenClock = nil
            upgrade(node)
            perform(.slow(node, false))
            if !nodes[node].isAbsent { perform(.restart(node)) }
        }
        joinComponents()
        run(until: time + patience)
        guard violation == nil else { return }
        if !queue.isEmpty {
            return fail(.rest, "something is still due after \(patience / 1_000) ms")
        }
        checkRest()
    }

    /// Links the parts of the swarm that no standing connection joins.
    private mutating func joinComponents() {
        var part = Array(nodes.indices)
        func root(_ node: Int) -> Int {
            var node = node
            while part[node] != node { node = part[node] }
            return node
        }
        for edge in edges where edge.isWanted {
            guard nodes[edge.dialler].isRunning, nodes[edge.listener].isRunning else { continue }
            part[root(edge.dialler)] = root(edge.listener)
        }
        let running = nodes.indices.filter { nodes[$0].isRunning }
        guard let first = running.first else { return }
        for node in running where root(node) != root(first) {
            link(node, first)
            part[root(node)] = root(first)
        }
    }

    /// Compares everything with everything, now that nobody has anything to say.
    mutating func checkRest() {
        let running = nodes.indices.filter { nodes[$0].isRunning }
        for node in running { checkReference(node) }
        for node in running {
            checkTiers(node)
            checkSessions(node)
            if let stamp = nodes[node].unreported.first {
                fail(.report, "\(name(node)) had two updates at \(stamp.text) and told nobody")
            }
            if let message = nodes[node].peer?.brokenLaw() {
                fail(.reference, "\(name(node)): \(message)")
            }
        }
        if retainsEverything {
            checkCounts(running)
            // Who never got what a later update replaced has not seen it either.
            checkVectors(running)
        }
        checkLogs(running)
        checkStates(running)
    }

    private mutating func checkSessions(_ node: Int) {
        for number in nodes[node].open {
            let end = connections[number].ends[0].node == node ? 0 : 1
            guard connections[number].ends[1 - end].node != nil,
                connections[number].ends[1 - end].isOpen,
                let session = connections[number].ends[end].session
            else { continue }
            if nodes[node].peer?.withPeer({ $0.gossip.hasReceivedSync(from: session) }) != true {
                fail(.session, "\(name(node)) is at rest and has heard no SYNC on #\(number)")
            }
            for event in [ReplicaEvent.historyReceived(session), .synced(session)]
            where !nodes[node].told.contains(event) {
                fail(.report, "\(name(node)) is at rest without reporting \(event) on #\(number)")
            }
            if !connections[number].ends[end].pipe.isEmpty {
                fail(.session, "\(name(node)) is at rest with bytes on #\(number)")
            }
            let pending = nodes[node].peer?.withPeer { $0.replica.pendingCount } ?? 0
            if pending > 0, ledger.writers[nodes[node].writer].taintedFrom == nil {
                fail(
                    .session,
                    "\(name(node)) is at rest with \(pending) own updates that nobody confirmed")
            }
        }
    }

    /// Each peer has all that an honest running peer wrote, and the same of those that are gone.
    private mutating func checkCounts(_ running: [Int]) {
        for writer in ledger.writers.indices {
            guard let owner = ledger.writers[writer].owner else { continue }
            let isHere = nodes[owner].isRunning && nodes[owner].writer == writer
            var expected = running.map { ledger.count($0, writer) }.max() ?? 0
            if isHere { expected = ledger.writers[writer].written.count }
            if let taintedFrom = ledger.writers[writer].taintedFrom {
                expected = min(expected, taintedFrom)
            }
            for node in running where ledger.count(node, writer) < expected {
                fail(
                    .convergence,
                    "\(name(node)) has \(ledger.count(node, writer)) of \(expected) updates of "
                        + "\(ledger.writers[writer].source.text): \(vectors(running))")
            }
        }
    }

    private mutating func checkVectors(_ running: [Int]) {
        var tainted: Set<Source> = []
        for writer in ledger.writers where writer.taintedFrom != nil {
            tainted.insert(writer.source)
        }
        func seen(_ node: Int) -> [String] {
            let entries = nodes[node].peer?.gossip.vector.entries ?? []
            return entries.filter { !tainted.contains($0.source) }.map {
                Stamp(timestamp: $0.timestamp, source: $0.source).text
            }
        }
        guard let first = running.first else { return }
        let expected = seen(first)
        for node in running where seen(node) != expected {
            fail(.convergence, "the peers have seen different things: \(vectors(running))")
        }
    }

    private var isWholeLogPromised: Bool {
        ledger.writers.allSatisfy { $0.owner != nil && $0.taintedFrom == nil }
    }

    private mutating func checkLogs(_ running: [Int]) {
        guard let first = running.first else { return }
        let isWhole = isWholeLogPromised
        guard isWhole || retainsEverything else { return }
        func promised(_ node: Int) -> [Update] {
            let log = retained(node)
            return isWhole ? log : log.filter { ledger.isPromised($0) }
        }
        let expected = promised(first)
        for node in running.dropFirst() where promised(node) != expected {
            fail(
                .convergence,
                "\(name(node)) has another log than \(name(first)): \(vectors(running))")
        }
        for (left, right) in zip(expected, expected.dropFirst()) where !(left.stamp < right.stamp) {
            fail(.convergence, "the log has \(left.stamp.text) before \(right.stamp.text)")
        }
    }

    /// Equal logs fold to equal states, where nothing local is mixed in.
    private mutating func checkStates(_ running: [Int]) {
        let comparable = running.filter { nodes[$0].locals.isEmpty }
        guard let first = comparable.first, let peer = nodes[first].peer else { return }
        let isWhole = isWholeLogPromised
        let (state, log) = (peer.observed, isWhole ? [] : retained(first))
        for node in comparable.dropFirst() {
            guard let other = nodes[node].peer, isWhole || retained(node) == log else { continue }
            if other.observed != state {
                fail(
                    .convergence,
                    "\(name(node)) shows \(other.observed) and \(name(first)) shows \(state)")
            }
        }
    }

    /// What each peer has seen, as text: `A: A@3 B@5; B: B@5`.
    func vectors(_ running: [Int]) -> String {
        running.map { "\(name($0)): \(nodes[$0].peer?.gossip.vector.description ?? "down")" }
            .joined(separator: "; ")
    }

    // MARK: Samples

    mutating func takeSample() {
        let running = nodes.indices.filter { nodes[$0].isRunning }
        let lacking = running.map { ledger.lacking($0) }
        samples.append(
            Sample(
                time: time, runningPeers: running.count, lacking: lacking.reduce(0, +),
                mostLacking: lacking.max() ?? 0, bytes: figures.bytes))
        guard !queue.isEmpty else { return }
        queue.add(.sample, due: time + sampleInterval)
    }
}

// SPDX-License-Identifier: MIT

package import Rewind
package import Scuttlebutt

/// A peer in a page: the one peer machine, and the history that its actions are folded in.
///
/// It has the duties of a driver (``Scuttlebutt/ReplicaEffect``): what the page must do is written
/// to ``events``, and pulling and folding are calls of the page.
package struct PageCore<Model: PageModel> {
    /// An open session.
    struct Connection {
        let peer: PeerID
        var decoder: LineDecoder
    }

    /// The most sessions that may be open.
    package static var connectionLimit: Int { 64 }

    package internal(set) var replica: Replica<UpdateLog>
    package internal(set) var queue = FoldQueue<Model>()
    package internal(set) var events = EventWriter()
    var connections: [Connection] = []
    var timers: [Int: ReplicaTimer] = [:]
    private var lastTimer = 0
    /// The stamp of each action by its number; `nil` for one that stays here.
    var stamps: [Stamp?] = []
    /// The numbers of the actions that were set aside.
    var setAside: [Int] = []
    /// Keeps a state of the past until the page has taken it.
    var past: Model.State?
    /// What a page with a reducer in Swift sees while its history is folded in parts: the state of
    /// before, with what was dispatched on top of it.
    private var preview: Model.State?

    /// Creates a peer that writes as `source`.
    ///
    /// - Parameters:
    ///   - savesUpdates: Whether own actions leave only once the page has called ``saved(_:)``.
    ///   - mayHaveWritten: See ``Scuttlebutt/ReplicaConfiguration/mayHaveWritten``.
    package init(source: Source, savesUpdates: Bool, mayHaveWritten: Bool) {
        var configuration = ReplicaConfiguration.actions
        // What is accepted at once is parsed by the page in one task.
        configuration.heldUpdateLimit = 2_000
        configuration.savesUpdates = savesUpdates
        // Another tab may pass on what this one has saved, before it does so itself.
        configuration.sharesStorage = savesUpdates
        configuration.mayHaveWritten = mayHaveWritten
        replica = Replica(UpdateLog(), source: source, configuration: configuration)
    }

    /// One of the numbers that `Web/core.js` lists; −1 for another.
    package func number(_ which: Int) -> Double {
        switch which {
        case 0: return Double(stamps.count)
        case 1: return Double(queue.count)
        case 2: return Double(replica.pendingCountToSend)
        case 3: return Double(setAside.count)
        case 4: return Double(replica.gossip.sourceCount)
        case 5: return Double(queue.history.reducerCalls)
        case 6: return Double(queue.history.snapshotCount)
        case 7: return Double(replica.value.byteCount)
        case 8: return Double(replica.heldCount)
        case 9: return queue.isLevel ? 1 : 0
        case 10: return replica.gossip.ownConfirmed?.value ?? 0
        default: return -1
        }
    }

    /// Returns what has happened since, and forgets it.
    package mutating func takeEvents() -> [UInt8] { events.take() }

    // MARK: Writing

    /// Stamps an own action, which then waits to be folded.
    ///
    /// - Parameter isShared: Whether it goes to peers even if its type begins with `@`.
    /// - Returns: Its timestamp; 0 for a local-only one.
    package mutating func dispatch(
        _ payload: Payload, isShared: Bool
    ) throws(ReplicaError) -> Double {
        let checked = try replica.configuration.wire.check(payload)
        guard isShared || !checked.isLocalAction else {
            if let action = Model.action(payload, number: stamps.count) {
                let isBehind = queue.count > 0
                queue.append(local: action)
                if isBehind { showOnTop(action, nil) }
            }
            stamps.append(nil)
            return 0
        }
        var effects: [ReplicaEffect<Update>] = []
        let timestamp = try replica.stamp(checked, into: &effects)
        perform(effects)
        let stamp = Stamp(timestamp: timestamp, source: replica.source)
        let action = Model.action(payload, number: stamps.count)
        let isBehind = queue.count > 0
        queue.add([HistoryEntry(action, at: stamp)])
        if let action, isBehind || !queue.isFolded(by: .max) { showOnTop(action, stamp) }
        stamps.append(stamp)
        return timestamp.value
    }

    /// Everything up to this token is durable.
    package mutating func saved(_ token: Int) { handle(.saved(token)) }

    /// Takes the log of an earlier life; before any session.
    ///
    /// - Parameter lines: Updates, those of each source ascending; what else there is is left out.
    /// - Returns: How many were new.
    package mutating func restore(_ lines: UnsafeBufferPointer<UInt8>) -> Int {
        guard connections.isEmpty else { return 0 }
        var decoder = LineDecoder(wire: replica.configuration.wire)
        var updates: [Update] = []
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            switch Result(catching: { () throws(SessionError) in
                try decoder.decode(UnsafeBufferPointer(rebasing: line))
            }) {
            case .success(.message(.update(let update))): updates.append(update)
            case .success(.refused(let refusal)):
                events.report("refused", refusal.message, refusal.stamp, nil)
            case .success: continue
            case .failure(let error): events.report("refused", error.message, nil, nil)
            }
        }
        updates.sort { $0.stamp < $1.stamp }
        let restored = replica.restore(updates)
        accept(restored)
        return restored.count
    }

    // MARK: Folding

    /// Folds at most this many of the actions that wait.
    ///
    /// - Returns: How many still wait.
    package mutating func fold(_ limit: Int) -> Int {
        if !queue.isFolded(by: limit) { keepShown() }
        let (depth, cause) = queue.fold(limit)
        if depth > 0, let cause { events.rewound(depth, cause) }
        if queue.count == 0 { preview = nil }
        return queue.count
    }

    /// Begins anew from another state, for a reducer that was replaced.
    package mutating func restart(at place: Int32) {
        queue.restart(at: place)
        preview = nil
    }

    /// Shows the folded state to the page.
    package func show(in output: inout [UInt8]) -> Int32 { Model.show(shown, in: &output) }

    /// The folded state; while a history is folded in parts the one of before.
    package var shown: Model.State { preview ?? queue.history.current }

    /// Keeps the state of before, which a page with a reducer in JavaScript has.
    private mutating func keepShown() {
        if !Model.sharesActions, preview == nil { preview = queue.history.current }
    }

    /// Shows a dispatched action at once, although others come before it.
    private mutating func showOnTop(_ action: Model.Action, _ stamp: Stamp?) {
        keepShown()
        guard var state = preview.take() else { return }
        let result = Model.reduce(&state, action, stamp)
        if result != .failed { preview = state }
    }

    /// Shows the state right after an action to the page; −1 if it is not folded.
    package mutating func show(after number: Int, in output: inout [UInt8]) -> Int32 {
        guard stamps.indices.contains(number), let stamp = stamps[number],
            let state = queue.history.state(at: stamp)
        else { return -1 }
        past = state
        return Model.show(state, in: &output)
    }

    // MARK: The log

    /// The lines of the actions with these numbers, local-only ones left out.
    package func lines(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in range.clamped(to: stamps.indices) {
            guard let stamp = stamps[number], let update = replica.value.update(at: stamp) else {
                continue
            }
            ClassicWire.append(update, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// The lines that a peer with this header lacks, about `limit` bytes of them; `nil` if it is no
    /// header.
    package func changes(since header: UnsafeBufferPointer<UInt8>, limit: Int) -> [UInt8]? {
        var decoder = LineDecoder(wire: replica.configuration.wire)
        guard case .message(.digest(let digest)) = try? decoder.decode(header) else { return nil }
        var bytes: [UInt8] = []
        let delta = replica.value.delta(since: digest.vector, limit: DeltaLimit(bytes: limit))
        for update in delta {
            ClassicWire.append(update, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// What this peer has, as a header line.
    package var header: [UInt8] {
        var block = WireBlock()
        let digest = Digest(source: replica.source, vector: replica.gossip.vector)
        replica.configuration.wire.append(digest, form: .fork, to: &block)
        return block.bytes
    }

    // MARK: Effects

    mutating func handle(_ input: ReplicaInput) {
        var effects: [ReplicaEffect<Update>] = []
        replica.handle(input, into: &effects)
        perform(effects)
    }

    mutating func perform(_ effects: [ReplicaEffect<Update>]) {
        for effect in effects {
            switch effect {
            case .save(let token, let updates):
                // They get their numbers right after this.
                events.event("save", token, stamps.count, updates.count)
            case .accepted(let updates): accept(updates)
            case .startTimer(let timer):
                lastTimer += 1
                timers[lastTimer] = timer
                events.event("timer", lastTimer, timer.milliseconds)
            case .close(let peer, let error):
                connections.removeAll { $0.peer == peer }
                events.close(peer.number, error.message)
            case .report(let event): report(event)
            case .presence(let sources): events.presence(sources)
            // The page pulls after every call.
            case .wake, .wakeAll: continue
            // Nothing is described, signed or verified, and the whole log is in memory.
            case .changed, .sign, .signed, .notSigned, .verify, .remember, .read: continue
            }
        }
    }

    private mutating func accept(_ updates: [Update]) {
        guard !updates.isEmpty else { return }
        let first = stamps.count
        if Model.sharesActions {
            events.accepted(updates, first: first)
        } else {
            events.event("accepted", first, updates.count)
        }
        var entries: [FoldQueue<Model>.Entry] = []
        entries.reserveCapacity(updates.count)
        for update in updates {
            let action = Model.action(update.payload, number: stamps.count)
            entries.append(HistoryEntry(action, at: update.stamp))
            stamps.append(update.stamp)
        }
        queue.add(entries)
    }

    private mutating func report(_ event: ReplicaEvent) {
        switch event {
        case .historyReceived(let peer): events.event("history", peer.number)
        case .synced(let peer): events.event("synced", peer.number)
        case .refused(let refusal, let peer):
            events.report("refused", refusal.message, refusal.stamp, peer)
        case .equivocation(let stamp): events.report("equivocation", nil, stamp, nil)
        case .ownUpdatesMissing(let claimed):
            let stamp = Stamp(timestamp: claimed, source: replica.source)
            events.report("missingOwn", nil, stamp, nil)
        case .setAside(let stamp, let peer):
            // The page decides; until it has set the update aside, it hears of each refusal.
            replica.forgetSetAside(stamp)
            events.report("setAside", nil, stamp, peer)
        case .cutOff(let peer, let error): events.report("cutOff", error.message, nil, peer)
        case .stale, .storageFailed, .missed: return
        }
    }
}

// SPDX-License-Identifier: MIT

@testable import Rewind
@testable import Scuttlebutt

extension FuzzTarget {
    /// Programs of three dispatching machines that sign, verify and save, or do not.
    static let dispatching = FuzzTarget(
        "dispatching", dictionary: "wire", maximumByteCount: 128, build: .machines
    ) { bytes in
        try FuzzWorld<DispatchingNode>.run(bytes, rules: .fork)
    }
}

/// A dispatching machine whose signer, policy, disk and timers answer when the program says so.
struct DispatchingNode: FuzzNode {
    private var machine: Dispatching
    private var signings: [(DispatchID, Payload)] = []
    private var saves: [(token: Int, updates: [Update])] = []
    private var verifications: [(VerificationID, Update)] = []
    private var timers: [(PeerID, Int)] = []
    private var saved: [Update] = []
    private var lastToken = 0
    private var applied = VersionVector()
    private var newestOwn: Timestamp?
    private var approved: Set<Update> = []
    private var dispatchCount = 0
    private(set) var isFair = true
    var endedSessions: [PeerID] = []

    init(source: Source, _ program: inout FuzzProgram) {
        var configuration = Dispatching.Configuration()
        let choice = program.byte()
        configuration.signs = choice & 1 != 0
        configuration.verifies = choice & 2 != 0
        configuration.savesUpdates = choice & 4 != 0
        if choice & 8 != 0 {
            configuration.heldUpdateLimit = 1 + Int(choice >> 4 & 3)
            configuration.refusalLimit = Int(choice >> 6)
            configuration.pendingVerificationLimit = 1 + Int(choice >> 4)
        }
        machine = Dispatching(source: source, configuration: configuration)
    }

    private var configuration: Dispatching.Configuration { machine.configuration }
    var log: UpdateLog { machine.log }
    var gossip: Gossip { machine.gossip }

    mutating func open(_ options: SessionOptions) -> PeerID { machine.open(options) }

    mutating func close(_ peer: PeerID) throws { try handle(.closed(peer)) }

    mutating func receive(_ lines: [DecodedLine], from peer: PeerID) throws {
        let incoming = lines.map { line in
            guard case .message(.update(let update)) = line else {
                return Dispatching.Incoming(line)
            }
            return Dispatching.Incoming(line, fingerprint: Self.fingerprint(update))
        }
        try handle(.received(peer, incoming))
    }

    private static func fingerprint(_ update: Update) -> Fingerprint? {
        var line: [UInt8] = []
        ClassicWire.append(update, to: &line)
        var bytes = [UInt8](repeating: 0, count: 32)
        for (index, byte) in line.enumerated() {
            bytes[index % 32] = bytes[index % 32] &* 31 &+ byte
        }
        return Fingerprint(bytes: bytes)
    }

    mutating func pull(_ peer: PeerID, _ limit: DeltaLimit) throws -> (WireBlock, finishes: Bool)? {
        var effects: [Dispatching.Effect] = []
        let outgoing = machine.pull(peer, limit: limit, into: &effects)
        let shared = outgoing?.shared.map { machine.sharedBlock($0) }
        try perform(effects)
        guard let outgoing else { return nil }
        if let shared {
            guard let shared else { throw Finding("a shared stretch that is gone") }
            return (shared, outgoing.finishes)
        }
        return (outgoing.block, outgoing.finishes)
    }

    private mutating func handle(_ event: Dispatching.Event) throws {
        var effects: [Dispatching.Effect] = []
        machine.handle(event, into: &effects)
        try perform(effects)
    }

    private mutating func perform(_ effects: [Dispatching.Effect]) throws {
        for effect in effects {
            switch effect {
            case .sign(let id, let payload): signings.append((id, payload))
            case .dispatched(_, let update): try noteOwn(update)
            case .apply(let updates):
                for update in updates { try noteApplied(update) }
            case .save(let token, let updates):
                try expect(token > lastToken, "save \(token) after \(lastToken)")
                lastToken = token
                saves.append((token, updates))
            case .verify(let id, let update): verifications.append((id, update))
            case .startTimer(let peer, let generation, _): timers.append((peer, generation))
            case .close(let peer, _):
                try expect(!gossip.isOpen(peer), "a closed session is open")
                endedSessions.append(peer)
            case .dispatchRefused, .remember, .wake, .wakeAll, .report: continue
            }
        }
    }

    private mutating func noteOwn(_ update: Update) throws {
        let isNewer = newestOwn.map { $0 < update.timestamp } ?? true
        try expect(isNewer, "own timestamps do not ascend: \(update.timestamp)")
        try expect(update.source == gossip.source, "dispatched in another's name")
        newestOwn = update.timestamp
    }

    private mutating func noteApplied(_ update: Update) throws {
        try expect(log.update(at: update.stamp) == update, "applied, and not in the log")
        try expect(
            applied.advance(update.source, to: update.timestamp),
            "applied twice, or late for its source: \(update.stamp)")
        try expect(
            !configuration.verifies || approved.contains(update),
            "applied without a verdict: \(update.stamp)")
    }

    // MARK: Steps

    mutating func act(_ program: inout FuzzProgram) throws {
        switch program.below(12) {
        case 0...3: try dispatch()
        case 4:
            guard !signings.isEmpty else { return }
            let (id, payload) = signings.remove(at: program.below(signings.count))
            try handle(.signed(id, program.below(4) == 3 ? nil : payload))
        case 5, 6: try save(program.below(saves.count) + 1)
        case 7, 8:
            guard !verifications.isEmpty else { return }
            let (id, update) = verifications.remove(at: program.below(verifications.count))
            try answer(id, update, program.below(8))
        case 9, 10:
            guard !timers.isEmpty else { return }
            let (peer, generation) = timers.remove(at: program.below(timers.count))
            try handle(.timerFired(peer, generation: generation))
        default: try repeatAnswer(&program)
        }
    }

    private mutating func dispatch() throws {
        dispatchCount += 1
        let payload = Array("{\"type\":\"D\",\"n\":\(dispatchCount)}".utf8)
        if configuration.signs { return try handle(.dispatched(payload)) }
        var effects: [Dispatching.Effect] = []
        guard let update = machine.dispatch(payload, into: &effects) else {
            throw Finding("no timestamp is left")
        }
        try noteOwn(update)
        try perform(effects)
    }

    /// The disk answers in order, and may answer for several at once.
    private mutating func save(_ count: Int) throws {
        guard let last = saves.prefix(count).last else { return }
        for save in saves.prefix(count) { saved.append(contentsOf: save.updates) }
        saves.removeFirst(min(count, saves.count))
        try handle(.saved(last.token))
    }

    private mutating func answer(_ id: VerificationID, _ update: Update, _ choice: Int) throws {
        switch choice {
        case 6:
            isFair = false
            try handle(.verified(id, .refused("the policy says no")))
        case 7: try handle(.verified(id, .failed("the policy is out of order")))
        default:
            approved.insert(update)
            try handle(.verified(id, .accepted))
        }
    }

    /// Answers that nobody waits for any more change nothing.
    private mutating func repeatAnswer(_ program: inout FuzzProgram) throws {
        let number = Int(program.byte())
        switch program.below(4) {
        case 0: if saves.isEmpty { try handle(.saved(machine.savedToken)) }
        case 1:
            guard !signings.contains(where: { $0.0.number == number }) else { return }
            try handle(.signed(DispatchID(number: number), nil))
        case 2:
            guard !verifications.contains(where: { $0.0.number == number }) else { return }
            try handle(.verified(VerificationID(number: number), .accepted))
        default:
            let peer = PeerID(number: number & 15)
            try handle(.timerFired(peer, generation: number >> 4))
        }
    }

    mutating func settle() throws {
        while !signings.isEmpty || !saves.isEmpty || !verifications.isEmpty || !timers.isEmpty {
            if !signings.isEmpty {
                let (id, payload) = signings.removeFirst()
                try handle(.signed(id, payload))
            }
            try save(.max)
            if !verifications.isEmpty {
                let (id, update) = verifications.removeFirst()
                try answer(id, update, 0)
            }
            if !timers.isEmpty {
                let (peer, generation) = timers.removeFirst()
                try handle(.timerFired(peer, generation: generation))
            }
        }
        try expect(machine.verificationCount == 0, "verifications that nobody was asked for")
        try expect(machine.pendingOf.isEmpty && machine.queues.isEmpty, "verifications are left")
        try expect(machine.signing.isEmpty && machine.unsaved.isEmpty, "own actions are stuck")
        try expect(machine.held.isEmpty && machine.deferredOwn.isEmpty, "updates are held for good")
    }

    mutating func restart() {
        // A machine that saves nothing itself stands for one whose store is always up to date.
        let kept = configuration.savesUpdates ? saved : log.delta(since: VersionVector())
        machine = Dispatching(source: gossip.source, configuration: configuration)
        machine.restore(kept)
        (signings, saves, verifications, timers) = ([], [], [], [])
        lastToken = 0
        applied = log.vector
        newestOwn = gossip.newestOwn
    }

    func mayLeave(_ own: Update) -> Bool {
        !configuration.savesUpdates || saved.contains(own) || applied.covers(own.stamp)
    }

    func check() throws {
        try checkVector()
        let pending = machine.verificationCount
        try expect(pending <= configuration.pendingVerificationLimit, "\(pending) verifications")
        try expect(pending >= 0 && machine.pendingCount >= 0, "less than nothing is pending")
        for (peer, batch) in machine.held {
            try expect(gossip.isOpen(peer), "held for a closed session")
            try expect(
                batch.updates.count < configuration.heldUpdateLimit, "more held than allowed")
        }
        for peer in gossip.peers {
            let count = machine.queues.values.reduce(0) { sum, queue in
                sum
                    + (queue.entries.start..<queue.entries.end).count {
                        queue.entries[$0]?.origins.contains(peer) == true
                    }
            }
            try expect(count == machine.pendingOf[peer] ?? 0, "\(count) pending, not counted")
        }
        try expect(machine.deferredOwn.count <= Dispatching.deferredOwnLimit, "too many deferred")
        try expect(machine.ownClaims.count <= Dispatching.ownClaimLimit, "too many claims")
    }
}

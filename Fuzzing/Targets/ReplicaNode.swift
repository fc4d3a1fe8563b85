// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

extension FuzzTarget {
    /// Programs of three replicas of a log by the rules of the original data types.
    static let replica = FuzzTarget(
        "replica", dictionary: "wire", maximumByteCount: 128, build: .machines
    ) { bytes in
        try FuzzWorld.run(bytes, rules: .upstream)
    }

    /// Programs of three replicas of a log of actions, which hold histories.
    static let dispatching = FuzzTarget(
        "dispatching", dictionary: "wire", maximumByteCount: 128, build: .machines
    ) { bytes in
        try FuzzWorld.run(bytes, rules: .fork)
    }
}

/// A replica of a log whose signer, verifier, disk and timers answer when the program says so.
struct ReplicaNode {
    private var replica: Replica<UpdateLog>
    private var signings: [(SigningID, Payload)] = []
    private var saves: [(token: Int, updates: [Update])] = []
    private var verifications: [(VerificationID, Update)] = []
    private var timers: [ReplicaTimer] = []
    private var spentTimers: [ReplicaTimer] = []
    private var saved: [Update] = []
    private var lastToken = 0
    private var accepted = VersionVector()
    private var newestOwn: Timestamp?
    private var approved: Set<Update> = []
    private var wallClock = 1.0
    private var writeCount = 0
    /// Whether no honest update was refused.
    private(set) var isFair = true
    /// Sessions that the replica has ended and the world has not.
    var endedSessions: [PeerID] = []

    init(source: Source, rules: ClassicWire.Rules, _ program: inout FuzzProgram) {
        var configuration =
            rules == .fork ? ReplicaConfiguration.actions : ReplicaConfiguration()
        let choice = program.byte()
        configuration.signs = choice & 1 != 0
        configuration.verifies = choice & 2 != 0
        configuration.savesUpdates = choice & 4 != 0
        if choice & 8 != 0 {
            configuration.heldUpdateLimit = 1 + Int(choice >> 4 & 3)
            configuration.refusalLimit = Int(choice >> 6)
            configuration.pendingVerificationLimit = 1 + Int(choice >> 4)
        }
        replica = Replica(UpdateLog(), source: source, configuration: configuration)
        replica.describesChanges = rules == .upstream
    }

    private var configuration: ReplicaConfiguration { replica.configuration }
    var log: UpdateLog { replica.value }
    var gossip: Gossip { replica.gossip }
    var source: Source { replica.source }

    mutating func open(_ options: SessionOptions) -> PeerID { replica.open(options) }

    mutating func close(_ peer: PeerID) throws { try handle(.closed(peer)) }

    mutating func receive(_ lines: [DecodedLine], from peer: PeerID) throws {
        let incoming = lines.map { line in
            guard case .message(.update(let update)) = line else { return IncomingLine(line) }
            return IncomingLine(line, fingerprint: Self.fingerprint(update))
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
        var effects: [ReplicaEffect<Update>] = []
        let outgoing = replica.pull(peer, limit: limit, into: &effects)
        let shared = outgoing?.shared.map { gossip.sharedBlock($0) }
        try perform(effects)
        guard let outgoing else { return nil }
        if let shared {
            guard let shared else { throw Finding("a shared stretch that is gone") }
            return (shared, outgoing.finishes)
        }
        return (outgoing.block, outgoing.finishes)
    }

    private mutating func handle(_ input: ReplicaInput) throws {
        var effects: [ReplicaEffect<Update>] = []
        replica.handle(input, into: &effects)
        try perform(effects)
    }

    private mutating func perform(_ effects: [ReplicaEffect<Update>]) throws {
        for effect in effects {
            switch effect {
            case .sign(let id, let payload): signings.append((id, payload))
            case .signed(_, let update): try noteOwn(update)
            case .accepted(let updates):
                for update in updates { try noteAccepted(update) }
            case .save(let token, let updates):
                try expect(token > lastToken, "save \(token) after \(lastToken)")
                lastToken = token
                saves.append((token, updates))
            case .verify(let id, let update): verifications.append((id, update))
            case .startTimer(let timer): timers.append(timer)
            case .close(let peer, _):
                try expect(!gossip.isOpen(peer), "a closed session is open")
                endedSessions.append(peer)
            case .changed:
                try expect(replica.describesChanges, "changes that nobody wants")
            case .read:
                throw Finding("it reads a storage, though everything is in memory")
            case .notSigned, .remember, .wake, .wakeAll, .report, .presence: continue
            }
        }
    }

    private mutating func noteOwn(_ update: Update) throws {
        let isNewer = newestOwn.map { $0 < update.timestamp } ?? true
        try expect(isNewer, "own timestamps do not ascend: \(update.timestamp)")
        try expect(update.source == gossip.source, "written in another's name")
        newestOwn = update.timestamp
    }

    private mutating func noteAccepted(_ update: Update) throws {
        try expect(log.update(at: update.stamp) == update, "accepted, and not in the log")
        try expect(gossip.covers(update.stamp), "accepted, and not claimed")
        try expect(
            accepted.advance(update.source, to: update.timestamp),
            "accepted twice, or late for its source: \(update.stamp)")
        try expect(
            !configuration.verifies || approved.contains(update),
            "accepted without a verdict: \(update.stamp)")
    }

    // MARK: Steps

    mutating func act(_ program: inout FuzzProgram) throws {
        switch program.below(13) {
        case 0...3: try write()
        case 4:
            guard !signings.isEmpty else { return }
            let (id, payload) = signings.remove(at: program.below(signings.count))
            try answer(id, program.below(4) == 3 ? nil : payload)
        case 5, 6: try save(program.below(saves.count) + 1)
        case 7, 8:
            guard !verifications.isEmpty else { return }
            let (id, update) = verifications.remove(at: program.below(verifications.count))
            try answer(id, update, program.below(8))
        case 9, 10: if !timers.isEmpty { try fire(program.below(timers.count)) }
        case 11: wallClock += Double(program.byte()) / 7 - 4
        default: try repeatAnswer(&program)
        }
    }

    private mutating func write() throws {
        writeCount += 1
        let payload = Array("{\"type\":\"D\",\"n\":\(writeCount)}".utf8)
        if configuration.signs {
            return try handle(.submitted(try configuration.wire.check(payload)))
        }
        var effects: [ReplicaEffect<Update>] = []
        let update = try replica.write(payload, wallClock: wallClock, into: &effects)
        try noteOwn(update)
        try perform(effects)
    }

    private mutating func answer(_ id: SigningID, _ payload: Payload?) throws {
        try handle(.signed(id, try payload.map { try configuration.wire.check($0) }))
    }

    /// The disk answers in order, and may answer for several at once.
    private mutating func save(_ count: Int) throws {
        guard let last = saves.prefix(count).last else { return }
        for save in saves.prefix(count) { saved.append(contentsOf: save.updates) }
        saves.removeFirst(min(count, saves.count))
        try handle(.saved(last.token))
    }

    private mutating func fire(_ number: Int) throws {
        let timer = timers.remove(at: number)
        spentTimers.append(timer)
        try handle(.timerFired(timer))
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
        case 0: if saves.isEmpty { try handle(.saved(lastToken)) }
        case 1:
            guard !signings.contains(where: { $0.0.number == number }) else { return }
            try handle(.signed(SigningID(number: number), nil))
        case 2:
            guard !verifications.contains(where: { $0.0.number == number }) else { return }
            try handle(.verified(VerificationID(number: number), .accepted))
        default:
            guard !spentTimers.isEmpty else { return }
            try handle(.timerFired(spentTimers[number % spentTimers.count]))
        }
    }

    /// Answers everything that is still asked.
    mutating func settle() throws {
        while !signings.isEmpty || !saves.isEmpty || !verifications.isEmpty || !timers.isEmpty {
            if !signings.isEmpty {
                let (id, payload) = signings.removeFirst()
                try answer(id, payload)
            }
            try save(.max)
            if !verifications.isEmpty {
                let (id, update) = verifications.removeFirst()
                try answer(id, update, 0)
            }
            if !timers.isEmpty { try fire(0) }
        }
        try expect(replica.verificationCount == 0, "verifications that nobody was asked for")
        try expect(replica.pendingOf.isEmpty && replica.queues.isEmpty, "verifications are left")
        try expect(replica.signing.isEmpty && replica.own.unsaved.isEmpty, "own writes are stuck")
        try expect(replica.held.isEmpty && replica.own.isIdle, "updates are held for good")
    }

    mutating func restart() {
        // A replica that saves nothing itself stands for one whose store is always up to date.
        let kept =
            configuration.savesUpdates
            ? saved.sorted { $0.stamp < $1.stamp } : log.delta(since: VersionVector())
        let describes = replica.describesChanges
        replica = Replica(UpdateLog(), source: gossip.source, configuration: configuration)
        replica.describesChanges = describes
        replica.restore(kept)
        (signings, saves, verifications, timers, spentTimers) = ([], [], [], [], [])
        lastToken = 0
        accepted = log.vector
        newestOwn = gossip.newestOwn
    }

    /// Whether an own update is safe, so that peers may have it.
    func mayLeave(_ own: Update) -> Bool {
        !configuration.savesUpdates || saved.contains(own) || accepted.covers(own.stamp)
    }

    // MARK: Invariants

    /// What must hold after every step.
    func check() throws {
        let (claimed, kept) = (gossip.vector, log.vector)
        for entry in claimed.entries {
            let newest = kept[entry.source].map { $0 >= entry.timestamp } ?? false
            try expect(newest, "\(claimed) claims what the log does not have: \(kept)")
        }
        for entry in kept.entries where entry.source != source {
            try expect(claimed[entry.source] == entry.timestamp, "\(claimed) hides from \(kept)")
        }
        let pending = replica.verificationCount
        try expect(pending <= configuration.pendingVerificationLimit, "\(pending) verifications")
        try expect(pending >= 0 && replica.pendingCount >= 0, "less than nothing is pending")
        for (peer, history) in replica.held {
            try expect(gossip.isOpen(peer), "held for a closed session")
            try expect(
                history.updates.count < configuration.heldUpdateLimit, "more held than allowed")
        }
        for peer in gossip.peers {
            let count = replica.queues.values.reduce(0) { sum, queue in
                sum
                    + (queue.entries.start..<queue.entries.end).count {
                        queue.entries[$0]?.origins.contains(peer) == true
                    }
            }
            try expect(count == replica.pendingOf[peer] ?? 0, "\(count) pending, not counted")
        }
        try expect(replica.own.home.count <= 20_000, "too many on their way home")
        try expect(replica.own.claims.count <= 16, "too many claims")
    }
}

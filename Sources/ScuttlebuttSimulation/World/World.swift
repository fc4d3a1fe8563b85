// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A swarm in one thread: peers, disks and connections in virtual time.
///
/// Everything that happens is an event in one queue, and all randomness comes from the script's
/// seed, so a run is a function of its script. Times are in microseconds since the start.
struct World<Program: SimulatedProgram>: Sendable {
    typealias Effect = ReplicaEffect<Program.Peer.Value.Change>

    /// Something that is due.
    ///
    /// It holds no references, because a heap moves it often.
    enum Event: Sendable {
        case step(Int)
        case dial(edge: Int, generation: Int)
        case write(connection: Int, end: Int)
        case deliver(connection: Int, end: Int)
        /// An end learns that the other one has closed.
        case ended(connection: Int, end: Int)
        /// An end has received nothing for too long.
        case silence(connection: Int, end: Int)
        case saved(node: Int, life: Int)
        case retrySave(node: Int, life: Int)
        case fold(node: Int, life: Int)
        case timer(node: Int, life: Int, ReplicaTimer)
        case verdict(node: Int, life: Int, VerificationID, Judgement)
        /// A part of the log is read for a session, or was read.
        case read(node: Int, life: Int, Int)
        /// A peer takes a step of a replay or of storing a checkpoint.
        case work(node: Int, life: Int)
        case sample
    }

    /// The judgement of a verifier.
    enum Judgement: Sendable {
        case genuine
        case forged
        case unknown
    }

    /// One peer, with everything around its replica.
    struct Node: Sendable {
        /// `nil` while it is down, absent or retired.
        var peer: Program.Peer?
        /// The number of starts and ends, so that events of an earlier life are ignored.
        var life = 0
        var source: Source
        var writer: Int
        let saves: Bool
        /// The most updates in memory; 0 if there is no limit, or no disk.
        let memory: Int
        var isNew: Bool
        var isAbsent: Bool
        var isRetired = false
        var isSlow = false
        var group = 0

        var disk: SimulatedDisk
        var saveQueue: [(token: Int, updates: [Update])] = []
        /// What the write in progress will make durable.
        var saving: (token: Int, count: Int)?
        var refusals: [Fingerprint] = []
        /// The number of own updates acknowledged as durable.
        var acknowledgedOwn = 0

        /// The connection and the end of each session of this life.
        var ends: [(connection: Int, end: Int)] = []
        var open: [Int] = []

        var unfolded: [Update] = []
        var isFolding = false
        /// The updates folded into the state.
        var folded: [Update] = []
        /// The local-only actions folded into the state, each with the stamp before it.
        var locals: [(anchor: Stamp?, payload: Payload)] = []
        var newestFolded: Stamp?
        var highestSeen: Double = 0
        /// What was accepted in this life from sources that no peer uses.
        var strangers: [Stamp: Payload] = [:]
        /// The stamps for which a different update has arrived without a report so far.
        var unreported: [Stamp] = []
        /// What it has reported about its sessions in this life.
        var told: Set<ReplicaEvent> = []
        var ownClaims = OwnClaims()
        /// The number of folded updates when the invariants of the peer were last checked.
        var checkedCount = -1
        var foldCount = 0
        /// The number of folds at which the state is next compared with the reference.
        var nextReference = World.referenceInterval

        var clockOffset: Double = 0
        var frozenClock: Double?
        var random: SplitMix64

        /// Whether there is a ``peer``, which would be copied to find out.
        var isRunning = false

        /// The randomness of everything that only such a peer does.
        var tierRandom: SplitMix64
        /// What sessions need from the disk.
        var readings: [Int: Reading] = [:]
        var lastReading = 0
        /// The sessions for which reading the disk has failed.
        var failedReads: Set<PeerID> = []
        /// Whether a step of a replay or of storing a checkpoint is due.
        var isWorking = false

        /// Begins to write everything that waits, and returns whether there is something.
        mutating func beginSave() -> Bool {
            saving = nil
            guard let last = saveQueue.last else { return false }
            saving = (last.token, saveQueue.count)
            disk.begin(saveQueue, own: source)
            return true
        }

        /// Records that so many entries are durable.
        mutating func endSave(_ count: Int) {
            for entry in saveQueue.prefix(count) {
                for update in entry.updates where update.source == source { acknowledgedOwn += 1 }
            }
            saveQueue.removeFirst(count)
            saving = nil
        }
    }

    /// A connection that one peer wants to another, and dials repeatedly.
    struct Edge: Sendable {
        let dialler: Int
        let listener: Int
        var isWanted = true
        var connection: Int?
        var attempt = 0
        var generation = 0
    }

    let program: Program
    let script: Script
    let verifies: Bool
    let retainsEverything: Bool
    let foldsLater: Bool
    var time: Int64 = 0
    var queue = EventQueue<Event>()
    var nodes: [Node] = []
    var edges: [Edge] = []
    var connections: [Connection] = []
    var ledger: Ledger
    var log: EventLog
    var violation: BrokenPromiseError?
    var figures = Figures()
    var samples: [Sample] = []
    /// The interval between samples, in microseconds; 0 means none.
    var sampleInterval: Int64 = 0
    /// Bytes of earlier sessions, for attackers that replay them.
    var recordings: [[UInt8]] = []
    var attackCount = 0
    var random: SplitMix64
    /// The time at which the last fault ended, once the world is settling.
    var healedAt: Int64?
    var lastAcceptance: Int64 = 0
    /// A buffer for the effects of one transition.
    var effects: [Effect] = []
    /// A buffer for the lines of one frame.
    var incoming: [IncomingLine] = []

    init(_ program: Program, _ script: Script, keepsLines: Bool = false, sampleInterval: Int64 = 0)
    {
        self.program = program
        self.script = script
        retainsEverything = program.retainsEverything
        foldsLater = program.foldsLater
        verifies = script.verifies && program.canVerify
        self.sampleInterval = sampleInterval
        ledger = Ledger(peers: script.peers)
        log = EventLog(keepsLines: keepsLines)
        random = SplitMix64(seed: script.seed, lane: 2)
        for index in 0..<script.peers {
            let source = World.source(index, life: 1, hasOddNames: script.hasOddNames)
            let saves = !script.forgetful.contains(index)
            let isLimited = program.canTrim && saves && index < script.memory.count
            let memory = isLimited ? script.memory[index] : 0
            nodes.append(
                Node(
                    source: source, writer: ledger.index(of: source, owner: index),
                    saves: saves, memory: memory,
                    isNew: !script.old.contains(index),
                    isAbsent: script.absent.contains(index),
                    disk: SimulatedDisk(isTiered: memory > 0),
                    random: SplitMix64(seed: script.seed, lane: 3, index),
                    tierRandom: SplitMix64(seed: script.seed, lane: 7, index)))
        }
        for index in nodes.indices where !nodes[index].isAbsent { start(index) }
        for edge in script.topology.edges(script.peers, seed: script.seed) {
            link(edge.dialler, edge.listener)
        }
        for (index, step) in script.steps.enumerated() {
            queue.add(.step(index), due: Int64(step.time) * 1_000)
        }
        if sampleInterval > 0 { queue.add(.sample, due: 0) }
    }

    /// Returns the source of a peer: `A` to `Z`, then `AA` and so on, or odd names, which sort
    /// differently as UTF-16, as Unicode scalars and as Swift strings.
    static func source(_ index: Int, life: Int, hasOddNames: Bool) -> Source {
        let odd = [
            "e\u{301}", "\u{E9}", "\u{FFFD}", "\u{1F600}", "\u{E000}", "\u{10FFFF}", " ", "\"",
        ]
        var name = ""
        if hasOddNames, index < odd.count {
            name = odd[index]
        } else {
            var number = index + 1
            while number > 0 {
                let letter = UInt8(ascii: "A") + UInt8((number - 1) % 26)
                name = String(decoding: [letter], as: UTF8.self) + name
                number = (number - 1) / 26
            }
        }
        if life > 1 { name += ".\(life)" }
        guard let source = Source(name) else {
            preconditionFailure("the name is not a valid source")
        }
        return source
    }

    // MARK: Running

    /// Runs until nothing is due or until `limit`; stops at the first violation.
    mutating func run(until limit: Int64) {
        while violation == nil, let due = queue.nextDue, due <= limit,
            let next = queue.removeFirst()
        {
            time = next.due
            handle(next.event)
        }
        if violation == nil { time = max(time, limit == .max ? time : limit) }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .step(let index):
            perform(script.steps[index].command)
        case .dial(let edge, let generation):
            if edges[edge].generation == generation { dial(edge) }
        case .write(let connection, let end):
            write(connection, end)
        case .deliver(let connection, let end):
            deliver(connection, end)
        case .ended(let connection, let end), .silence(let connection, let end):
            if isDue(event, connection) {
                close(connection, end, notifiesOtherEnd: false)
            }
        case .saved(let node, let life):
            if nodes[node].life == life {
                trimSometimes(node)
                finishSave(node)
                startTierWork(node)
            }
        case .retrySave(let node, let life):
            if nodes[node].life == life { startSave(node) }
        case .fold(let node, let life):
            if nodes[node].life == life { fold(node) }
        case .timer(let node, let life, let timer):
            if nodes[node].life == life {
                note(1, node, timer.milliseconds) {
                    "\($0.name(node)) timer of \(timer.milliseconds) ms"
                }
                handle(node, .timerFired(timer))
            }
        case .verdict(let node, let life, let id, let judgement):
            if nodes[node].life == life {
                let verdict: Verdict =
                    switch judgement {
                    case .genuine: .accepted
                    case .forged: .refused("nobody wrote it")
                    case .unknown: .failed("the verifier was not there")
                    }
                note(2, node, id.number) { "\($0.name(node)) verdict \(verdict)" }
                handle(node, .verified(id, verdict))
            }
        case .read(let node, let life, let id):
            if nodes[node].life == life { advanceReading(node, id) }
        case .work(let node, let life):
            if nodes[node].life == life { work(node) }
        case .sample:
            takeSample()
        }
    }

    /// A silence counts only while it lasts.
    private func isDue(_ event: Event, _ connection: Int) -> Bool {
        guard case .silence = event else { return true }
        return connections[connection].isBlocked
            || connections[connection].ends.contains { !$0.isOpen }
    }

    /// Passes an input to a peer's replica and performs the effects.
    mutating func handle(_ node: Int, _ input: ReplicaInput) {
        nodes[node].peer?.replica.handle(input, into: &effects)
        performEffects(node)
    }

    /// Records an event, and a line for people if they are wanted.
    mutating func note(_ kind: Int, _ first: Int, _ second: Int, _ line: (World) -> String) {
        log.note(time, kind, first, second)
        if log.keepsLines { log.add(time, line(self)) }
    }

    mutating func fail(_ promise: BrokenPromiseError.Promise, _ message: String) {
        guard violation == nil else { return }
        // A state in the message may be as long as a history.
        let text = message.utf8.count > 1_500 ? message.prefix(1_500) + "…" : message[...]
        let found = BrokenPromiseError(promise: promise, message: String(text), time: time)
        violation = found
        note(3, 0, 0) { _ in "VIOLATION \(found.description)" }
    }

    func name(_ node: Int) -> String { nodes[node].source.text }

    /// Returns the wall clock of a peer, in milliseconds since 1970.
    func wallClock(_ node: Int) -> Double {
        if let frozen = nodes[node].frozenClock { return frozen }
        return 1_800_000_000_000 + Double(time / 1_000) + nodes[node].clockOffset
    }
}

// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

extension FuzzTarget {
    /// Programs of three replicas of a log.
    static let replica = FuzzTarget(
        "replica", dictionary: "wire", maximumByteCount: 128, build: .machines
    ) { bytes in
        try FuzzWorld<ReplicaNode>.run(bytes, rules: .upstream)
    }
}

/// A replica of a log whose writes are saved a while after they were made.
struct ReplicaNode: FuzzNode {
    private var replica: Replica<UpdateLog, WallClockGenerator>
    private var saved: [Update] = []
    private var unsaved: [Update] = []
    private var newestOwn: Timestamp?
    private var timers: [ReplicaTimer] = []
    private var wallClock = 1.0
    private var writeCount = 0
    var endedSessions: [PeerID] = []

    init(source: Source, _ program: inout FuzzProgram) {
        replica = Self.replica(source)
    }

    private static func replica(_ source: Source) -> Replica<UpdateLog, WallClockGenerator> {
        Replica(
            UpdateLog(), source: source, wire: ClassicWire(rules: .upstream),
            generator: WallClockGenerator())
    }

    var log: UpdateLog { replica.value }
    var gossip: Gossip { replica.gossip }
    var isFair: Bool { true }

    mutating func open(_ options: SessionOptions) -> PeerID { replica.open(options) }

    mutating func close(_ peer: PeerID) throws {
        try perform { replica, effects in replica.close(peer, into: &effects) }
    }

    mutating func receive(_ lines: [DecodedLine], from peer: PeerID) throws {
        for case .message(let message) in lines {
            try perform { replica, effects in
                replica.receive(message, from: peer, into: &effects)
            }
        }
    }

    private mutating func perform(
        _ transition: (inout Replica<UpdateLog, WallClockGenerator>, inout ReplicaEffects<Update>)
            -> Void
    ) throws {
        var effects = ReplicaEffects<Update>(describesChanges: true)
        transition(&replica, &effects)
        for update in effects.accepted {
            try expect(log.update(at: update.stamp) == update, "accepted, and not in the log")
            try expect(gossip.covers(update.stamp), "accepted, and not claimed")
            try expect(!saved.contains(update), "accepted twice")
            saved.append(update)
        }
        if !effects.isReset {
            try expect(effects.changes == effects.accepted, "changes that are not what came")
        }
        for (peer, _) in effects.closings {
            try expect(!gossip.isOpen(peer), "a closed session is open")
            endedSessions.append(peer)
        }
        timers.append(contentsOf: effects.timers)
    }

    mutating func pull(_ peer: PeerID, _ limit: DeltaLimit) throws -> (WireBlock, finishes: Bool)? {
        guard let (outgoing, _) = replica.pull(peer, limit: limit) else { return nil }
        let shared = outgoing.shared.map { gossip.sharedBlock($0) }
        if let shared {
            guard let shared else { throw Finding("a shared stretch that is gone") }
            return (shared, outgoing.finishes)
        }
        return (outgoing.block, outgoing.finishes)
    }

    mutating func act(_ program: inout FuzzProgram) throws {
        switch program.below(6) {
        case 0: try commit(program.below(4) + 1)
        case 1: wallClock += Double(program.byte()) / 7 - 4
        case 2: if !timers.isEmpty { try fire(program.below(timers.count)) }
        default:
            writeCount += 1
            let payload = Array("{\"type\":\"W\",\"n\":\(writeCount)}".utf8)
            guard let update = replica.write(payload, wallClock: wallClock) else {
                throw Finding("a write was refused")
            }
            let isNewer = newestOwn.map { $0 < update.timestamp } ?? true
            try expect(isNewer, "own timestamps do not ascend: \(update.timestamp)")
            try expect(!gossip.covers(update.stamp), "a write with a used timestamp")
            newestOwn = update.timestamp
            unsaved.append(update)
            if program.bool() { try commit(.max) }
        }
    }

    private mutating func commit(_ count: Int) throws {
        for update in unsaved.prefix(count) {
            saved.append(update)
            unsaved.removeFirst()
            try perform { replica, effects in replica.commit(update, into: &effects) }
        }
    }

    private mutating func fire(_ number: Int) throws {
        let timer = timers.remove(at: number)
        try perform { replica, effects in replica.timerFired(timer, into: &effects) }
    }

    mutating func settle() throws {
        try commit(.max)
        while !timers.isEmpty { try fire(0) }
        try expect(replica.own.isIdle, "own updates are held for good")
    }

    mutating func restart() {
        (unsaved, timers) = ([], [])
        replica = Self.replica(replica.source)
        for update in saved.sorted(by: { $0.stamp < $1.stamp }) { replica.restore(update) }
        newestOwn = gossip.newestOwn
    }

    func mayLeave(_ own: Update) -> Bool { saved.contains(own) }

    func check() throws {
        try checkVector()
        try expect(replica.own.home.count <= 20_000, "too many on their way home")
        try expect(replica.own.claims.count <= 16, "too many claims")
    }
}

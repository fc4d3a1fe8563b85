// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import Testing

/// Dispatching machines joined by links of bytes, in one thread, driven by a seed.
struct World {
    struct Node {
        var bench: Bench
        var history = History<[Int], Int>(
            base: [],
            reducer: HistoryReducer { (state: inout [Int], action: Int, _) in state.append(action)
            },
            spacing: 8)
    }

    /// One direction of a connection.
    struct Wire {
        let from: Int
        let to: Int
        let sender: PeerID
        let receiver: PeerID
        var bytes: [UInt8] = []
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        var sent: Set<Stamp> = []
        var heard: Set<Stamp> = []
    }

    var nodes: [Node]
    var wires: [Wire] = []
    var random: SeededRandom
    var violations: [String] = []
    private var number = 0

    init(count: Int, seed: UInt64) {
        random = SeededRandom(seed: seed)
        let saves = seed % 3 == 1
        let verifies = seed % 3 == 2
        nodes = (0..<count).map { index in
            Node(
                bench: Bench("N\(index)") {
                    $0.savesUpdates = saves
                    $0.verifies = verifies
                    $0.heldUpdateLimit = 10
                })
        }
    }

    mutating func dispatch(_ node: Int) {
        number += 1
        if let update = nodes[node].bench.dispatch(number) {
            nodes[node].history.insert(number, at: update.stamp)
        }
        settle(node)
    }

    mutating func connect(_ a: Int, _ b: Int) {
        guard a != b, !wires.contains(where: { $0.from == a && $0.to == b }) else { return }
        let (pa, pb) = (nodes[a].bench.machine.open(), nodes[b].bench.machine.open())
        wires.append(Wire(from: a, to: b, sender: pa, receiver: pb))
        wires.append(Wire(from: b, to: a, sender: pb, receiver: pa))
    }

    /// Cuts a connection; what is on the way is lost, in the middle of a line if need be.
    mutating func cut(_ index: Int) {
        let wire = wires[index]
        wires.removeAll {
            ($0.from, $0.to) == (wire.from, wire.to) || ($0.from, $0.to) == (wire.to, wire.from)
        }
        nodes[wire.from].bench.handle(.closed(wire.sender))
        nodes[wire.to].bench.handle(.closed(wire.receiver))
        settle(wire.from)
        settle(wire.to)
    }

    /// Lets a sender write what it has, up to a few lines.
    @discardableResult
    mutating func write(_ index: Int) -> Bool {
        let wire = wires[index]
        let limit = DeltaLimit(updates: random.below(5) + 1)
        guard let outgoing = nodes[wire.from].bench.pull(wire.sender, limit) else { return false }
        let block =
            outgoing.shared.flatMap { nodes[wire.from].bench.machine.sharedBlock($0) }
            ?? outgoing.block
        for line in String(decoding: block.bytes, as: UTF8.self).split(separator: "\n") {
            var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
            guard case .message(.update(let update))? = try? decoder.decode(Array(line.utf8)) else {
                continue
            }
            if !wires[index].sent.insert(update.stamp).inserted {
                violations.append("sent twice: \(line)")
            }
            if wires[index].heard.contains(update.stamp) { violations.append("echo: \(line)") }
        }
        wires[index].bytes += block.bytes
        settle(wire.from)
        return true
    }

    /// Delivers some of the complete lines that are on the way.
    @discardableResult
    mutating func deliver(_ index: Int, all: Bool = false) -> Bool {
        var incoming: [Dispatching.Incoming] = []
        var count = all ? Int.max : random.below(6) + 1
        let wire = wires[index]
        while count > 0, let end = wires[index].bytes.firstIndex(of: 0x0A) {
            let line = Array(wires[index].bytes[..<end])
            wires[index].bytes.removeFirst(end + 1)
            count -= 1
            guard let decoded = try? wires[index].decoder.decode(line) else {
                violations.append("not read: \(String(decoding: line, as: UTF8.self))")
                continue
            }
            var print: Fingerprint?
            if case .message(.update(let update)) = decoded {
                print = fingerprint(update)
                if let back = wires.firstIndex(where: { $0.from == wire.to && $0.to == wire.from })
                {
                    wires[back].heard.insert(update.stamp)
                }
            }
            incoming.append(Dispatching.Incoming(decoded, fingerprint: print))
        }
        guard !incoming.isEmpty else { return false }
        nodes[wire.to].bench.handle(.received(wire.receiver, incoming))
        settle(wire.to)
        return true
    }

    /// Performs effects; saves and verdicts come at once or later, in any order.
    mutating func settle(_ node: Int) {
        for effect in nodes[node].bench.take() {
            switch effect {
            case .apply(let updates):
                nodes[node].history.merge(
                    updates.map { StampedAction(stamp: $0.stamp, action: number(of: $0.payload)) })
            case .save, .verify, .startTimer:
                waiting.append((node, effect))
            case .close(_, let error):
                violations.append("closed: \(error.message)")
            default:
                break
            }
        }
    }

    private var waiting: [(node: Int, effect: Dispatching.Effect)] = []

    @discardableResult
    mutating func answer() -> Bool {
        guard !waiting.isEmpty else { return false }
        // Saves are done in order; verdicts and timers come as they like.
        var index = random.below(waiting.count)
        if case .save = waiting[index].effect {
            let node = waiting[index].node
            index =
                waiting.firstIndex { item in
                    if case .save = item.effect { item.node == node } else { false }
                } ?? index
        }
        let (node, effect) = waiting.remove(at: index)
        switch effect {
        case .save(let token, _): nodes[node].bench.handle(.saved(token))
        case .verify(let id, _): nodes[node].bench.handle(.verified(id, .accepted))
        case .startTimer(let peer, let generation, _):
            nodes[node].bench.handle(.timerFired(peer, generation: generation))
        default: break
        }
        settle(node)
        return true
    }

    private func number(of payload: Payload) -> Int? {
        Int(String(decoding: payload, as: UTF8.self).dropFirst(16).dropLast())
    }

    mutating func step() {
        switch random.below(10) {
        case 0, 1: dispatch(random.below(nodes.count))
        case 2: connect(random.below(nodes.count), random.below(nodes.count))
        case 3: if !wires.isEmpty, random.below(3) == 0 { cut(random.below(wires.count)) }
        case 4, 5: if !wires.isEmpty { write(random.below(wires.count)) }
        case 6, 7: if !wires.isEmpty { deliver(random.below(wires.count)) }
        default: answer()
        }
    }

    /// Joins all nodes in a line and lets everything settle.
    mutating func heal() {
        for node in 1..<nodes.count { connect(node - 1, node) }
        var isBusy = true
        while isBusy {
            isBusy = false
            for index in wires.indices {
                if write(index) { isBusy = true }
                if deliver(index, all: true) { isBusy = true }
            }
            while answer() { isBusy = true }
        }
    }
}

@Suite struct GossipPropertyTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `G2 G3 G10 machines converge, without an echo or a second sending`(seed: UInt64) {
        var world = World(count: 2 + Int(seed % 4), seed: seed)
        for _ in 0..<400 { world.step() }
        world.heal()
        #expect(world.violations.isEmpty)
        let first = world.nodes[0]
        let log = first.bench.machine.log.delta(since: VersionVector())
        for node in world.nodes {
            #expect(node.bench.machine.log.delta(since: VersionVector()) == log)
            #expect(node.bench.machine.gossip.vector == first.bench.machine.gossip.vector)
            #expect(node.history.current == first.history.current)
            #expect(node.history.gossipedCount == log.count)
            #expect(node.bench.machine.pendingCount == 0)
        }
    }
}

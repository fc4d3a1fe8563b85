// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import Scuttlebutt

/// Who is here, in swarms of peers that come and go, with virtual time.
@Suite("Presence in a swarm", .timeLimit(.minutes(10))) struct PresenceSwarmTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `connected peers agree on who is here, whatever happened before`(seed: UInt64) throws {
        let swarm = PresenceSwarm(count: 5, seed: seed)
        for _ in 0..<300 { try swarm.act() }
        swarm.connectAll()
        try swarm.settle()
        for node in swarm.nodes.indices {
            for (source, value) in swarm.present {
                #expect(
                    swarm.seen(by: node)[source] == value, "\(node) sees \(source), seed \(seed)")
            }
        }
        // Those who left without a word are gone once their news has expired everywhere.
        for _ in 0..<(PresenceSwarm.lifetime + PresenceTable.graceSeconds + 2) {
            swarm.tick()
            try swarm.settle()
        }
        for node in swarm.nodes.indices {
            #expect(swarm.seen(by: node) == swarm.present, "peer \(node), seed \(seed)")
        }
    }

    @Test func `along a line of relays everybody hears everybody, and nobody twice`() throws {
        let swarm = PresenceSwarm(count: 6, seed: 1)
        for node in 1..<6 { swarm.connect(node - 1, node) }
        try swarm.settle()
        swarm.lineCount = 0
        try swarm.set("{\"n\":1}", at: 0)
        try swarm.settle()
        for node in swarm.nodes.indices { #expect(swarm.seen(by: node) == ["0": "{\"n\":1}"]) }
        #expect(swarm.lineCount == 5, "one line for each link")
    }

    @Test func `in a ring news ends where it meets itself`() throws {
        let swarm = PresenceSwarm(count: 6, seed: 2)
        for node in 0..<6 { swarm.connect(node, (node + 1) % 6) }
        try swarm.settle()
        swarm.lineCount = 0
        try swarm.set("{\"n\":1}", at: 0)
        try swarm.settle()
        for node in swarm.nodes.indices { #expect(swarm.seen(by: node) == ["0": "{\"n\":1}"]) }
        #expect(swarm.lineCount <= 7)
    }

    @Test func `a presence survives as long as its peer repeats it, over any number of relays`()
        throws
    {
        let swarm = PresenceSwarm(count: 4, seed: 3)
        for node in 1..<4 { swarm.connect(node - 1, node) }
        try swarm.set("{}", at: 0)
        try swarm.settle()
        for second in 0..<100 {
            swarm.tick()
            try swarm.settle()
            #expect(swarm.seen(by: 3) == ["0": "{}"], "second \(second)")
        }
        swarm.cut(0)
        for _ in 0..<PresenceSwarm.lifetime {
            swarm.tick()
            try swarm.settle()
        }
        #expect(swarm.seen(by: 3) == [:])
        #expect(swarm.seen(by: 1) == [:])
    }
}

/// Replicas, links that take their time, and timers that fire in any order.
private final class PresenceSwarm {
    static let lifetime = 6

    final class Link {
        let ends: [(node: Int, peer: PeerID)]
        /// What is on its way to each end.
        var queues: [[String]] = [[], []]
        init(_ ends: [(node: Int, peer: PeerID)]) { self.ends = ends }
    }

    private(set) var nodes: [Bench] = []
    private var links: [Link] = []
    private var values: [String?]
    private var random: SplitMix64
    private var clock = 1_000.0
    /// How many lines of presence were sent.
    var lineCount = 0

    init(count: Int, seed: UInt64) {
        random = SplitMix64(seed: seed)
        values = Array(repeating: nil, count: count)
        nodes = (0..<count).map { Bench("\($0)") }
    }

    /// The values of those that are here.
    var present: [String: String] {
        var present: [String: String] = [:]
        for (node, value) in values.enumerated() { present["\(node)"] = value }
        return present
    }

    /// What a peer knows, its own presence included.
    func seen(by node: Int) -> [String: String] {
        let table = nodes[node].replica.gossip.presence
        var seen: [String: String] = [:]
        for news in table.others + (table.ownNews.map { [$0] } ?? []) {
            seen[news.source.text] = String(decoding: news.value ?? [], as: UTF8.self)
        }
        return seen
    }

    private func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    // MARK: Steps

    func act() throws {
        clock += Double(below(400))
        let node = below(nodes.count)
        switch below(20) {
        case 0...4: try set("{\"n\":\(below(1_000))}", at: node)
        case 5: try set(nil, at: node)
        case 6: restart(node)
        case 7: cut(node)
        case 8...9: connect(node, below(nodes.count))
        case 10...11: tick()
        default: for _ in 0..<below(8) { move() }
        }
    }

    func set(_ value: String?, at node: Int) throws {
        values[node] = value
        try nodes[node].replica.setPresence(
            value.map { Array($0.utf8) }, lifetime: Self.lifetime, wallClock: clock,
            into: &nodes[node].effects)
    }

    /// The peer loses what it knew, and begins again under its name.
    private func restart(_ node: Int) {
        cut(node)
        values[node] = nil
        nodes[node] = Bench("\(node)")
    }

    func cut(_ node: Int) {
        for link in links where link.ends.contains(where: { $0.node == node }) {
            for end in link.ends { nodes[end.node].handle(.closed(end.peer)) }
        }
        links.removeAll { link in link.ends.contains { $0.node == node } }
    }

    func connect(_ a: Int, _ b: Int) {
        guard a != b, !links.contains(where: { Set($0.ends.map(\.node)) == [a, b] }) else { return }
        var dialled = SessionOptions()
        dialled.probing = .fromStart
        links.append(
            Link([(a, nodes[a].replica.open(dialled)), (b, nodes[b].replica.open())]))
    }

    func connectAll() { for node in nodes.indices.dropFirst() { connect(node - 1, node) } }

    /// One end of a link pulls, or takes what has arrived, or the round of a peer ends.
    private func move() {
        if !links.isEmpty {
            let (link, place) = (links[below(links.count)], below(2))
            if below(2) == 0 { send(link, place) } else { deliver(link, place) }
        }
        endRound(below(nodes.count))
    }

    @discardableResult
    private func send(_ link: Link, _ place: Int) -> Bool {
        let lines = nodes[link.ends[place].node].said(link.ends[place].peer)
        lineCount += lines.count { $0.hasPrefix("\"HERE ") || $0.hasPrefix("\"GONE ") }
        link.queues[1 - place] += lines
        return !lines.isEmpty
    }

    private func deliver(_ link: Link, _ place: Int) {
        let lines = link.queues[place]
        link.queues[place] = []
        let node = nodes[link.ends[place].node]
        var decoder = LineDecoder(wire: node.replica.configuration.wire)
        let incoming = lines.compactMap { line in
            (try? decoder.decode(Array(line.utf8))).map { IncomingLine($0) }
        }
        #expect(incoming.count == lines.count)
        node.handle(.received(link.ends[place].peer, incoming))
    }

    // MARK: Time

    /// A second passes, for everybody.
    func tick() {
        clock += 1_000
        for node in nodes.indices { fire(nodes[node].replica.gossip.presence.tickTimer, node) }
    }

    @discardableResult
    private func endRound(_ node: Int) -> Bool {
        fire(nodes[node].replica.gossip.presence.roundTimer, node)
    }

    @discardableResult
    private func fire(_ generation: Int?, _ node: Int) -> Bool {
        let bench = nodes[node]
        guard let timer = bench.timers.first(where: { $0.generation == generation }) else {
            return false
        }
        bench.effects.removeAll { if case .startTimer(timer) = $0 { true } else { false } }
        bench.handle(.timerFired(timer))
        return true
    }

    /// Lets everybody say what there is to say, within a second.
    func settle() throws {
        for _ in 0..<1_000 {
            var isQuiet = true
            for node in nodes.indices where endRound(node) { isQuiet = false }
            for link in links {
                for place in 0...1 {
                    if send(link, place) { isQuiet = false }
                    deliver(link, 1 - place)
                }
            }
            if isQuiet { return }
        }
        Issue.record("it is never quiet")
    }
}

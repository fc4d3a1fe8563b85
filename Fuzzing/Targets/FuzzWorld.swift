// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

/// Three nodes, and connections between them that lose, alter and invent lines.
///
/// Beside each end of a connection stands what its node must know of the other side, kept by the
/// plain rules of the protocol; every line that is sent is compared with it.
struct FuzzWorld {
    private struct End {
        let node: Int
        let peer: PeerID
        let options: SessionOptions
        /// What has been sent to this end and is on its way.
        var inbox: [[UInt8]] = []
        /// What the other end has, as its digest said and as updates went to and fro.
        var known = VersionVector()
        /// What the other end has sent.
        var shown = VersionVector()
        var hasDigest = false
        var hasFinished = false
    }

    private struct Link {
        var ends: [End]
        var isOpen = true
    }

    private var nodes: [ReplicaNode] = []
    private var links: [Link] = []
    private var decoder: LineDecoder
    /// What lines say: each is on several ways, and reading is not what is fuzzed here.
    private var meanings: [[UInt8]: DecodedLine] = [:]
    /// The nodes that something happened to since they were last checked.
    private var changed: Set<Int> = []
    /// Whether every line so far was written by a node, and came unaltered.
    private var isHonest = true

    private static var linkLimit: Int { 6 }
    private static var inboxLimit: Int { 48 }
    private static var stepLimit: Int { 40 }

    init(rules: ClassicWire.Rules, _ program: inout FuzzProgram) {
        decoder = LineDecoder(wire: ClassicWire(rules: rules))
        for name in ["A", "B", "C"] {
            guard let source = Source(name) else { continue }
            nodes.append(ReplicaNode(source: source, rules: rules, &program))
        }
    }

    /// Runs a program and then, if nobody lied, connects all and lets them become equal.
    static func run(_ bytes: [UInt8], rules: ClassicWire.Rules) throws {
        var program = FuzzProgram(bytes)
        var world = FuzzWorld(rules: rules, &program)
        var steps = 0
        while !program.isOver, steps < stepLimit {
            try world.step(&program)
            try world.checkChanged()
            steps += 1
        }
        try world.converge()
    }

    private mutating func checkChanged() throws {
        for node in nodes.indices where changed.contains(node) { try nodes[node].check() }
        changed.removeAll(keepingCapacity: true)
    }

    private mutating func step(_ program: inout FuzzProgram) throws {
        switch program.below(18) {
        case 0, 1: open(&program)
        case 2...6:
            let node = program.below(nodes.count)
            changed.insert(node)
            try nodes[node].act(&program)
        case 7...9:
            guard let (link, end) = choose(&program) else { return }
            let limit = DeltaLimit(
                updates: program.below(4) + 1, bytes: program.bool() ? .max : program.below(256))
            try pull(link, end, program.bool() ? .unlimited : limit)
        case 10...12:
            guard let (link, end) = choose(&program) else { return }
            try deliver(link, end, program.below(8) + 1)
        case 13: try alter(&program)
        case 14: try invent(&program)
        case 15:
            guard let (link, end) = choose(&program) else { return }
            try close(link, first: end)
        case 16: try restart(program.below(nodes.count))
        default: try exchange()
        }
        try closeEnded()
    }

    private func choose(_ program: inout FuzzProgram) -> (link: Int, end: Int)? {
        let open = links.indices.filter { links[$0].isOpen }
        let choice = Int(program.byte())
        guard !open.isEmpty else { return nil }
        return (open[choice >> 1 % open.count], choice & 1)
    }

    // MARK: Connections

    private mutating func open(_ program: inout FuzzProgram) {
        let first = program.below(nodes.count)
        let second = (first + 1 + program.below(nodes.count - 1)) % nodes.count
        connect(first, options(program.byte()), second, options(program.byte()))
    }

    private func options(_ choice: UInt8) -> SessionOptions {
        var options = SessionOptions()
        // Half of all sessions are ordinary.
        guard choice & 0x80 != 0 else { return options }
        options.acceptsUpdates = choice & 1 == 0
        options.announces = choice & 2 == 0
        options.sendsDigestAnyway = choice & 4 != 0
        options.awaitsDigest = choice & 8 != 0
        options.tails = choice & 16 == 0
        options.headerForm = choice & 32 == 0 ? .upstream : .fork
        options.meta = choice & 64 == 0 ? nil : Array("[1]".utf8)
        return options
    }

    private mutating func connect(
        _ first: Int, _ firstOptions: SessionOptions, _ second: Int, _ secondOptions: SessionOptions
    ) {
        guard links.count(where: \.isOpen) < Self.linkLimit else { return }
        links.removeAll { !$0.isOpen }
        let ends = [(first, firstOptions), (second, secondOptions)].map { node, options in
            changed.insert(node)
            return End(node: node, peer: nodes[node].open(options), options: options)
        }
        links.append(Link(ends: ends))
    }

    /// The machine of one end hears of it first; what is on its way is lost.
    private mutating func close(_ link: Int, first: Int) throws {
        guard links[link].isOpen else { return }
        links[link].isOpen = false
        for end in [links[link].ends[first], links[link].ends[1 - first]]
        where nodes[end.node].gossip.isOpen(end.peer) {
            changed.insert(end.node)
            try nodes[end.node].close(end.peer)
        }
    }

    private mutating func closeEnded() throws {
        for node in nodes.indices {
            for peer in nodes[node].endedSessions {
                for link in links.indices {
                    for (place, end) in links[link].ends.enumerated()
                    where end.node == node && end.peer == peer {
                        try close(link, first: place)
                    }
                }
            }
            nodes[node].endedSessions = []
        }
    }

    private mutating func restart(_ node: Int) throws {
        for link in links.indices where links[link].isOpen {
            guard let place = links[link].ends.firstIndex(where: { $0.node == node }) else {
                continue
            }
            links[link].isOpen = false
            let other = links[link].ends[1 - place]
            changed.insert(other.node)
            try nodes[other.node].close(other.peer)
        }
        changed.insert(node)
        nodes[node].restart()
    }

    // MARK: Sending

    private mutating func pull(_ link: Int, _ place: Int, _ limit: DeltaLimit) throws {
        guard links[link].isOpen, links[link].ends[1 - place].inbox.count < Self.inboxLimit else {
            return
        }
        let (node, peer) = (links[link].ends[place].node, links[link].ends[place].peer)
        guard nodes[node].gossip.isOpen(peer) else { return }
        let hasWork = nodes[node].gossip.hasWork(for: peer)
        changed.insert(node)
        guard let (block, finishes) = try nodes[node].pull(peer, limit) else { return }
        try expect(hasWork, "lines without work")
        try expect(!links[link].ends[place].hasFinished, "lines after the end")
        var start = 0
        for end in block.ends {
            try expect(block.bytes[end - 1] == 0x0A, "a line without its newline")
            let line = Array(block.bytes[start..<end - 1])
            start = end
            guard case .message(let message) = try meaning(of: line) else {
                throw Finding("sent, and no message: \(text(line))")
            }
            try Self.note(message, sentBy: nodes[node], &links[link].ends[place])
            links[link].ends[1 - place].inbox.append(line)
        }
        if finishes { links[link].ends[place].hasFinished = true }
    }

    private mutating func meaning(of line: [UInt8]) throws(SessionError) -> DecodedLine {
        if let known = meanings[line] { return known }
        let meaning = try decoder.decode(line)
        meanings[line] = meaning
        return meaning
    }

    private static func note(
        _ message: Message, sentBy node: ReplicaNode, _ end: inout End
    ) throws {
        switch message {
        case .sync, .probe, .probeAnswer, .refusal, .presence: return
        case .digest(let digest):
            try expect(digest.source == node.source, "a header in another's name")
            try expect(digest.vector == node.gossip.vector, "a header that is not the vector")
        case .update(let update):
            let (stamp, source) = (update.stamp, update.source)
            try expect(
                end.hasDigest || !end.options.acceptsUpdates && !end.options.awaitsDigest,
                "an update before the digest: \(stamp)")
            try expect(node.log.update(at: stamp) == update, "sent, and not in the log: \(stamp)")
            try expect(node.gossip.covers(stamp), "sent before it was accepted: \(stamp)")
            try expect(source != node.source || node.mayLeave(update), "sent too early: \(stamp)")
            let lacked = node.log.runCount(of: source, after: end.known[source])
            let rest = node.log.runCount(of: source, after: update.timestamp)
            try expect(
                lacked == rest + 1,
                "\(node.source.text) sends \(source.text)@\(update.timestamp.value) to one who has "
                    + "\(end.known), out of \(node.log.vector) where \(lacked) are lacked and "
                    + "\(rest) come later")
            end.known.advance(source, to: update.timestamp)
        }
    }

    // MARK: Receiving

    private mutating func deliver(_ link: Int, _ place: Int, _ count: Int) throws {
        guard links[link].isOpen else { return }
        let lines = links[link].ends[place].inbox.prefix(count)
        links[link].ends[place].inbox.removeFirst(lines.count)
        var decoded: [DecodedLine] = []
        for line in lines {
            do throws(SessionError) {
                decoded.append(try meaning(of: line))
            } catch {
                try expect(!isHonest, "an honest line ends the session: \(error.message)")
                try receive(decoded, link, place)
                return try close(link, first: place)
            }
        }
        try receive(decoded, link, place)
    }

    private mutating func receive(_ lines: [DecodedLine], _ link: Int, _ place: Int) throws {
        let (node, peer) = (links[link].ends[place].node, links[link].ends[place].peer)
        let own = nodes[node].source
        // What is above the clock ceiling is known by how far the node is when it comes.
        let isAlone = lines.contains {
            guard case .message(.update(let update)) = $0 else { return false }
            return update.source == own && update.timestamp > .clockCeiling
        }
        var rest = lines[...]
        while !rest.isEmpty, nodes[node].gossip.isOpen(peer) {
            let next = rest.prefix(isAlone ? 1 : rest.count)
            rest = rest.dropFirst(next.count)
            for line in next { Self.note(line, receivedBy: nodes[node], &links[link].ends[place]) }
            changed.insert(node)
            try nodes[node].receive(Array(next), from: peer)
        }
    }

    private static func note(_ line: DecodedLine, receivedBy node: ReplicaNode, _ end: inout End) {
        let own = node.source
        switch line {
        case .message(.digest(let digest)):
            end.hasDigest = true
            end.known = digest.vector
            if let claimed = end.known[own], claimed > .clockCeiling { end.known.forget(own) }
            end.known.merge(end.shown)
        case .message(.update(let update)):
            // Above the ceiling only what has been written is its echo, and no forgery.
            let highest = max(node.gossip.newestOwn ?? .clockCeiling, .clockCeiling)
            guard end.options.acceptsUpdates, update.source != own || update.timestamp <= highest
            else { return }
            end.known.advance(update.source, to: update.timestamp)
            end.shown.advance(update.source, to: update.timestamp)
        case .message(.sync), .message(.probe), .message(.probeAnswer), .message(.refusal),
            .message(.presence), .ignored, .refused:
            return
        }
    }

    // MARK: Lying

    private mutating func alter(_ program: inout FuzzProgram) throws {
        guard let (link, place) = choose(&program), !links[link].ends[place].inbox.isEmpty else {
            return
        }
        isHonest = false
        let number = program.below(links[link].ends[place].inbox.count)
        var line = links[link].ends[place].inbox[number]
        guard !line.isEmpty else { return }
        let at = program.below(line.count)
        switch program.below(5) {
        case 0: line[at] = program.byte()
        case 1: line.remove(at: at)
        case 2: line.insert(program.byte(), at: at)
        case 3: links[link].ends[place].inbox.append(line)
        default:
            links[link].ends[place].inbox.remove(at: number)
            return
        }
        links[link].ends[place].inbox[number] = line
    }

    private mutating func invent(_ program: inout FuzzProgram) throws {
        guard let (link, place) = choose(&program),
            links[link].ends[place].inbox.count < Self.inboxLimit
        else { return }
        isHonest = false
        let times = [
            "1", "2", "3", "4", "7", "1000000", "1e-7", "4503599627370496", "4503599627370497",
            "9007199254740991",
        ]
        let source = ["A", "B", "C", "D"][program.below(4)]
        let time = times[program.below(times.count)]
        let line: [UInt8]
        switch program.below(4) {
        case 0: line = program.bytes(program.below(64))
        case 1: line = Array("{\"id\":\"\(source)\",\"clock\":{\"\(source)\":\(time)}}".utf8)
        case 2: line = Array("\"SYNC\"".utf8)
        default:
            let number = program.below(4)
            line = Array("[{\"type\":\"F\",\"n\":\(number)},\(time),\"\(source)\"]".utf8)
        }
        links[link].ends[place].inbox.append(line.filter { $0 != 0x0A })
    }

    // MARK: Becoming equal

    /// Lets everything flow for a round.
    private mutating func exchange() throws {
        for link in links.indices {
            for place in 0..<2 {
                try pull(link, place, DeltaLimit(updates: 16))
                try deliver(link, 1 - place, Self.inboxLimit)
                try closeEnded()
            }
        }
    }

    /// Whether nothing is on its way or about to be sent.
    private var isQuiet: Bool {
        links.allSatisfy { link in
            link.isOpen
                && link.ends.allSatisfy {
                    $0.inbox.isEmpty && !nodes[$0.node].gossip.hasWork(for: $0.peer)
                }
        }
    }

    private mutating func converge() throws {
        guard isHonest else { return }
        for link in links.indices { try close(link, first: 0) }
        links = []
        for node in nodes.indices { try nodes[node].settle() }
        var rounds = 0
        while links.isEmpty || !isQuiet {
            // A node that holds little ends sessions that bring much; each brings it further.
            if links.count(where: \.isOpen) < 2 {
                for link in links.indices { try close(link, first: 0) }
                connect(0, SessionOptions(), 1, SessionOptions())
                connect(1, SessionOptions(), 2, SessionOptions())
            }
            try exchange()
            for node in nodes.indices { try nodes[node].settle() }
            try closeEnded()
            try checkChanged()
            rounds += 1
            try expect(rounds < 1_000, "the nodes never come to rest")
        }
        guard nodes.allSatisfy(\.isFair) else { return }
        for node in nodes[1...] {
            try expect(
                node.log.delta(since: VersionVector())
                    == nodes[0].log.delta(since: VersionVector()),
                "\(node.log.vector) and \(nodes[0].log.vector) after everything was exchanged")
        }
    }
}

extension UpdateLog {
    /// How many updates of a source are newer than a timestamp.
    fileprivate func runCount(of source: Source, after timestamp: Timestamp?) -> Int {
        guard let index = index(of: source) else { return 0 }
        return runs[index].count(from: runs[index].place(after: timestamp))
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// The shortest delay before dialling again, in microseconds; it doubles with each attempt.
    static var firstBackOff: Int64 { 500_000 }
    /// The longest delay before dialling again, in microseconds.
    static var longestBackOff: Int64 { 5_000_000 }
    /// The silence after which a connection is given up, in microseconds, with up to as much again
    /// at random.
    static var silenceLimit: Int64 { 2_000_000 }

    /// Makes `dialler` keep a connection to `listener` from now on.
    mutating func link(_ dialler: Int, _ listener: Int) {
        guard dialler != listener, !nodes[dialler].isRetired, !nodes[listener].isRetired
        else { return }
        let known = edges.firstIndex {
            ($0.dialler, $0.listener) == (dialler, listener)
                || ($0.dialler, $0.listener) == (listener, dialler)
        }
        let edge: Int
        if let known {
            guard !edges[known].isWanted else { return }
            edge = known
            edges[edge].isWanted = true
            edges[edge].attempt = 0
        } else {
            edge = edges.count
            edges.append(Edge(dialler: dialler, listener: listener))
        }
        scheduleDial(edge, after: Int64(nodes[dialler].random.below(20_000)))
    }

    mutating func scheduleDial(_ edge: Int, after delay: Int64) {
        edges[edge].generation += 1
        queue.add(.dial(edge: edge, generation: edges[edge].generation), due: time + delay)
    }

    /// Dials again later, if the connection is still wanted.
    mutating func redial(_ edge: Int) {
        let dialler = edges[edge].dialler
        guard edges[edge].isWanted, nodes[dialler].isRunning else { return }
        edges[edge].attempt += 1
        let shift = Int64(min(edges[edge].attempt - 1, 10))
        let base = min(Self.firstBackOff << shift, Self.longestBackOff)
        let jitter = Int64(nodes[dialler].random.below(Int(base)))
        scheduleDial(edge, after: min(base + jitter, Self.longestBackOff))
    }

    mutating func dial(_ edge: Int) {
        let (dialler, listener) = (edges[edge].dialler, edges[edge].listener)
        guard edges[edge].isWanted, edges[edge].connection == nil, nodes[dialler].isRunning
        else { return }
        guard nodes[listener].isRunning, nodes[dialler].group == nodes[listener].group else {
            note(4, dialler, listener) { "\($0.name(dialler)) fails to reach \($0.name(listener))" }
            return redial(edge)
        }
        edges[edge].attempt = 0
        edges[edge].connection = connect(dialler, listener, edge: edge)
    }

    /// Opens a connection between two running peers.
    @discardableResult
    mutating func connect(_ dialler: Int, _ listener: Int, edge: Int?) -> Int? {
        var dialling = SessionOptions()
        dialling.probing = .fromStart
        guard let first = nodes[dialler].peer?.replica.open(dialling),
            let second = nodes[listener].peer?.replica.open()
        else { return nil }
        let number = addConnection([(dialler, first), (listener, second)], edge: edge, lane: 4)
        for end in 0..<2 {
            scheduleWrite(number, end, after: Int64(script.network.delay) * 1_000)
        }
        figures.connections += 1
        note(5, dialler, listener) {
            "\($0.name(dialler)) connects to \($0.name(listener)) as #\(number)"
        }
        return number
    }

    /// Adds a connection and returns its number.
    mutating func addConnection(
        _ ends: [(node: Int?, session: PeerID?)], edge: Int?, lane: UInt64
    ) -> Int {
        let number = connections.count
        connections.append(
            Connection(
                ends: ends.map {
                    Connection.End(node: $0.node, session: $0.session, pipe: Pipe(program.wire))
                },
                edge: edge, random: SplitMix64(seed: script.seed, lane: lane, number)))
        for (end, place) in ends.enumerated() {
            guard let node = place.node else { continue }
            nodes[node].ends.append((number, end))
            nodes[node].open.append(number)
        }
        return number
    }

    /// Returns which end of a connection is at a peer.
    func end(of connection: Int, at node: Int) -> Int {
        connections[connection].ends[0].node == node ? 0 : 1
    }

    // MARK: Ends

    /// Closes one end, and its session unless the replica has already closed it.
    ///
    /// - Parameter notifiesOtherEnd: Whether the other end is notified, if anything gets through.
    mutating func close(
        _ number: Int, _ end: Int, notifiesOtherEnd: Bool, isSessionClosed: Bool = false
    ) {
        guard connections[number].ends[end].isOpen else { return }
        checkHeld(number, 1 - end)
        connections[number].ends[end].isOpen = false
        let node = connections[number].ends[end].node
        note(6, number, end) { world in
            "\(node.map { world.name($0) } ?? "an attacker") ends #\(number)"
        }
        // The bytes that it sent still arrive after an orderly end, but not after a break.
        connections[number].ends[1 - end].pipe.removeAll()
        if notifiesOtherEnd, !connections[number].isBlocked,
            connections[number].ends[1 - end].isOpen
        {
            queue.add(.ended(connection: number, end: 1 - end), due: time + endDelay(number))
        } else if connections[number].ends[1 - end].isOpen {
            queue.add(.silence(connection: number, end: 1 - end), due: time + silence(number))
        }
        guard let node else { return }
        // Updates that wait in that session may be dropped without a report.
        nodes[node].unreported = []
        nodes[node].open.removeAll { $0 == number }
        if !isSessionClosed, let session = connections[number].ends[end].session {
            handle(node, .closed(session))
        }
        if let edge = connections[number].edge, edges[edge].connection == number,
            edges[edge].dialler == node
        {
            edges[edge].connection = nil
            redial(edge)
        }
    }

    private mutating func endDelay(_ number: Int) -> Int64 {
        Int64(script.network.delay) * 1_000
            + Int64(connections[number].random.below(script.network.jitter * 1_000 + 1))
    }

    private mutating func silence(_ number: Int) -> Int64 {
        Self.silenceLimit + Int64(connections[number].random.below(Int(Self.silenceLimit)))
    }

    /// Breaks a connection: both sides notice, and what is in flight is lost.
    mutating func cut(_ number: Int) {
        let isOpen = connections[number].ends.map(\.isOpen)
        guard isOpen.contains(true) else { return }
        for end in 0..<2 { connections[number].ends[end].pipe.removeAll() }
        for end in 0..<2 { close(number, end, notifiesOtherEnd: false) }
    }

    /// Lets nothing through any more, without notice.
    mutating func block(_ number: Int) {
        guard !connections[number].isBlocked else { return }
        connections[number].isBlocked = true
        for end in 0..<2 where connections[number].ends[end].isOpen {
            queue.add(.silence(connection: number, end: end), due: time + silence(number))
        }
    }

    /// Lets everything through again, unless an end has closed.
    mutating func unblock(_ number: Int) {
        guard connections[number].isBlocked else { return }
        connections[number].isBlocked = false
        for end in 0..<2 where connections[number].ends[end].isOpen {
            if connections[number].ends[1 - end].isOpen {
                resumeDeliveries(number, end)
            } else {
                queue.add(.ended(connection: number, end: end), due: time + endDelay(number))
            }
        }
    }

    /// Schedules the delivery of frames that could not be delivered when they were due.
    mutating func resumeDeliveries(_ number: Int, _ end: Int) {
        guard let frame = connections[number].ends[end].pipe.first else { return }
        queue.add(.deliver(connection: number, end: end), due: max(time, frame.due))
    }

    // MARK: Writing

    mutating func scheduleWrite(_ number: Int, _ end: Int, after delay: Int64 = 0) {
        guard connections[number].ends[end].isOpen, !connections[number].ends[end].pipe.isWriting
        else { return }
        connections[number].ends[end].pipe.isWriting = true
        queue.add(.write(connection: number, end: end), due: time + delay)
    }

    /// Pulls lines while there is room.
    mutating func write(_ number: Int, _ end: Int) {
        connections[number].ends[end].pipe.isWriting = false
        guard connections[number].ends[end].isOpen, let node = connections[number].ends[end].node,
            let session = connections[number].ends[end].session
        else { return }
        trimSometimes(node)
        let limit = DeltaLimit(updates: script.limits.pull, bytes: 64 << 10)
        while connections[number].ends[end].isOpen,
            connections[number].ends[end].pipe.queuedByteCount < script.network.capacity,
            let block = nodes[node].peer?.pull(session, limit: limit, into: &effects)
        {
            // The header and the SYNCs may accompany the updates.
            if block.ends.count > script.limits.pull + 17 {
                fail(.bounds, "\(name(node)) pulled \(block.ends.count) lines at once")
            }
            send(block.bytes, number, end, node)
            if !effects.isEmpty { performEffects(node) }
        }
        if !effects.isEmpty { performEffects(node) }
    }

    private mutating func send(_ bytes: [UInt8], _ number: Int, _ end: Int, _ node: Int) {
        let network = script.network
        figures.bytes += bytes.count
        record(bytes, number, end)
        note(7, number &* 2 &+ end, bytes.count) {
            "\($0.name(node)) writes \(bytes.count) bytes to #\(number)"
        }
        let durableOwn =
            nodes[node].saves
            ? nodes[node].disk.durableOwn?.value ?? 0 : Timestamp.maximum.value
        let arrivals = connections[number].ends[end].arrivals
        let count =
            network.pieces > 1 ? 1 + connections[number].random.below(network.pieces) : 1
        var start = 0
        for piece in 0..<count {
            let stop =
                piece == count - 1
                ? bytes.count
                : min(start + connections[number].random.below(bytes.count), bytes.count)
            guard stop > start else { continue }
            let part = bytes[start..<stop]
            start = stop
            put(part, number, end, durableOwn: durableOwn, heardArrivals: arrivals)
        }
    }

    /// Sends bytes as one frame.
    mutating func put(
        _ bytes: ArraySlice<UInt8>, _ number: Int, _ end: Int, after pause: Int64 = 0,
        durableOwn: Double = Timestamp.maximum.value, heardArrivals: Int = 0
    ) {
        let network = script.network
        let takes =
            network.bandwidth > 0 ? Int64(bytes.count) * 1_000_000 / Int64(network.bandwidth) : 0
        let jitter = Int64(connections[number].random.below(network.jitter * 1_000 + 1))
        let wasEmpty = connections[number].ends[end].pipe.isEmpty
        let due = connections[number].ends[end].pipe.append(
            bytes, at: time + pause, takes: takes, delay: Int64(network.delay) * 1_000 + jitter,
            durableOwn: durableOwn, heardArrivals: heardArrivals)
        // Only the first frame has an event; the next one gets its event when it becomes the first.
        if wasEmpty { queue.add(.deliver(connection: number, end: end), due: due) }
    }
}

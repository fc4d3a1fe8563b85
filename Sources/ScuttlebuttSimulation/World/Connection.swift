// SPDX-License-Identifier: MIT

import Scuttlebutt

/// One simulated connection: two pipes of bytes, in order and without loss until it breaks.
struct Connection: Sendable {
    /// The two ends; the first is the one that dialled.
    var ends: [End]
    /// Which of the world's standing connections this is, if it is one.
    let edge: Int?
    /// Whether nothing gets through at the moment, though neither side has been told.
    var isBlocked = false
    /// The chance of this connection alone.
    var random: SplitMix64

    /// One end, with the pipe that leads from it to the other one.
    struct End: Sendable {
        /// The peer that it belongs to; `nil` for an attacker's.
        let node: Int?
        let session: PeerID?
        var isOpen = true
        var pipe: Pipe
        /// What arrived here of each source, as (number of the arrival, timestamp): the oracle for
        /// what must not go back.
        var heard: [[(arrival: Int, timestamp: Double)]] = []
        var arrivals = 0
    }
}

/// One direction of a connection.
struct Pipe: Sendable {
    /// Some bytes on their way, not cut at the ends of lines.
    struct Frame: Sendable {
        let bytes: ArraySlice<UInt8>
        let due: Int64
        /// The newest own update of the sender that was durable when this was written.
        let durableOwn: Double
        /// How much the sender had heard on this connection when this was written.
        let heardArrivals: Int
    }

    private var frames: [Frame] = []
    private var head = 0
    /// How many bytes are on their way.
    private(set) var queuedByteCount = 0
    /// When the last byte so far has been put on the wire, and when it arrives.
    private var freeAt: Int64 = 0
    private(set) var lastDue: Int64 = 0
    /// Whether a write is due already.
    var isWriting = false

    // What the receiving side keeps.
    var decoder: LineDecoder
    var partial: [UInt8] = []
    var hasHeader = false
    var syncCount = 0
    /// The newest timestamp that was sent of each source.
    var sent: [Double] = []
    /// For an attacker's pipe: which place of each source follows without a gap.
    var chain: [Int] = []

    init(_ wire: ClassicWire) { decoder = LineDecoder(wire: wire) }

    var isEmpty: Bool { head == frames.count }

    var first: Frame? { isEmpty ? nil : frames[head] }

    /// Puts bytes on the wire; returns when they arrive.
    mutating func append(
        _ bytes: ArraySlice<UInt8>, at time: Int64, takes microseconds: Int64, delay: Int64,
        durableOwn: Double, heardArrivals: Int
    ) -> Int64 {
        freeAt = max(freeAt, time) + microseconds
        lastDue = max(lastDue, freeAt + delay)
        frames.append(
            Frame(
                bytes: bytes, due: lastDue, durableOwn: durableOwn, heardArrivals: heardArrivals))
        queuedByteCount += bytes.count
        return lastDue
    }

    mutating func removeFirst() -> Frame? {
        guard let frame = first else { return nil }
        head += 1
        queuedByteCount -= frame.bytes.count
        if head > 16, head > frames.count / 2 {
            frames.removeFirst(head)
            head = 0
        }
        return frame
    }

    mutating func removeAll() {
        frames = []
        head = 0
        queuedByteCount = 0
        partial = []
    }

    /// Notes that an update arrived; whether it is the first of its source above all before.
    mutating func noteSent(_ writer: Int, _ timestamp: Double) -> Bool {
        while sent.count <= writer { sent.append(0) }
        guard sent[writer] < timestamp else { return false }
        sent[writer] = timestamp
        return true
    }
}

extension Connection.End {
    /// Notes that an update arrived here.
    mutating func hear(_ writer: Int, _ timestamp: Double) {
        while heard.count <= writer { heard.append([]) }
        if let last = heard[writer].last, last.timestamp >= timestamp { return }
        heard[writer].append((arrivals, timestamp))
    }

    /// Whether this update, or a later one of its source, had arrived here that early.
    func hadHeard(_ writer: Int, _ timestamp: Double, before arrival: Int) -> Bool {
        guard writer < heard.count else { return false }
        for entry in heard[writer].reversed() {
            if entry.timestamp < timestamp { return false }
            if entry.arrival < arrival { return true }
        }
        return false
    }
}

// SPDX-License-Identifier: MIT

import DequeModule
import Scuttlebutt

/// A simulated connection: two pipes of bytes, in order and without loss until it breaks.
struct Connection: Sendable {
    /// The two ends; the first one dialled.
    var ends: [End]
    /// The edge of the world that this connection serves, if any.
    let edge: Int?
    /// Whether nothing gets through at the moment, although neither side was notified.
    var isBlocked = false
    /// The randomness of this connection alone.
    var random: SplitMix64

    /// One end, with the pipe that leads from it to the other end.
    struct End: Sendable {
        /// The peer at this end, or `nil` for an attacker.
        let node: Int?
        let session: PeerID?
        var isOpen = true
        var pipe: Pipe
        /// What arrived here from each source, as (number of the arrival, timestamp); it must not
        /// be sent back.
        var heard: [[(arrival: Int, timestamp: Double)]] = []
        var arrivals = 0
    }
}

/// One direction of a connection.
struct Pipe: Sendable {
    /// Some bytes in flight, not aligned with lines.
    struct Frame: Sendable {
        let bytes: ArraySlice<UInt8>
        let due: Int64
        /// The newest own update of the sender that was durable when this was sent.
        let durableOwn: Double
        /// The number of arrivals at the sender on this connection when this was sent.
        let heardArrivals: Int
    }

    private var frames: Deque<Frame> = []
    /// The number of bytes in flight.
    private(set) var queuedByteCount = 0
    /// The time at which the last byte so far leaves the sender.
    private var freeAt: Int64 = 0
    /// The time at which it arrives.
    private(set) var lastDue: Int64 = 0
    /// Whether a write is already due.
    var isWriting = false

    // The state of the receiver.
    var decoder: LineDecoder
    var partial: [UInt8] = []
    var hasHeader = false
    var syncCount = 0
    /// The newest timestamp sent from each source.
    var sent: [Double] = []
    /// The newest timestamp sent from each source before the first SYNC.
    private(set) var history: [Double] = []
    /// An update that the receiver may hold until the history is complete, and since when.
    var held: (stamp: Stamp, since: Int64)?
    /// For an attacker's pipe: which place of each source follows without a gap.
    var chain: [Int] = []

    init(_ wire: ClassicWire) { decoder = LineDecoder(wire: wire) }

    var isEmpty: Bool { frames.isEmpty }

    var first: Frame? { frames.first }

    /// Sends bytes and returns the time at which they arrive.
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
        guard let frame = frames.popFirst() else { return nil }
        queuedByteCount -= frame.bytes.count
        return frame
    }

    mutating func removeAll() {
        frames = []
        queuedByteCount = 0
        partial = []
    }

    /// Records an update and returns whether it is newer than all earlier ones from its source.
    mutating func noteSent(_ writer: Int, _ timestamp: Double) -> Bool {
        while sent.count <= writer { sent.append(0) }
        guard sent[writer] < timestamp else { return false }
        sent[writer] = timestamp
        return true
    }

    /// Records a SYNC; everything sent before the first one is the history.
    mutating func noteSync() {
        syncCount += 1
        if syncCount == 1 { history = sent }
    }

    /// Records an update that may be held, unless one is recorded already.
    mutating func noteHeld(_ stamp: Stamp, at time: Int64) {
        if held == nil, syncCount == 0 { held = (stamp, time) }
    }
}

extension Connection.End {
    /// Records that an update arrived here.
    mutating func hear(_ writer: Int, _ timestamp: Double) {
        while heard.count <= writer { heard.append([]) }
        if let last = heard[writer].last, last.timestamp >= timestamp { return }
        heard[writer].append((arrivals, timestamp))
    }

    /// Returns whether this update, or a later one from its source, had arrived before `arrival`.
    func hadHeard(_ writer: Int, _ timestamp: Double, before arrival: Int) -> Bool {
        guard writer < heard.count else { return false }
        for entry in heard[writer].reversed() {
            if entry.timestamp < timestamp { return false }
            if entry.arrival < arrival { return true }
        }
        return false
    }
}

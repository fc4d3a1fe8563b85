// SPDX-License-Identifier: MIT

import Synchronization
import TestSupport
import Testing

@testable import Scuttlebutt

@Suite("Histories that peers share", .timeLimit(.minutes(20)))
struct SharedHistoryTests {
    private let limit = DeltaLimit(bytes: 2_000)

    @Test("A second peer gets what the first got, and next to nothing is encoded for it")
    func encodedOnce() throws {
        let log = CountingLog()
        let us = try bench(log, count: 5_000)
        let first = try said(us, to: "")
        let forFirst = log.taken()
        #expect(forFirst == 5_000)
        #expect(first.count == 5_000)
        for claim in ["", "NEWCOMER@7"] {
            #expect(try said(us, to: claim) == first)
            #expect(log.taken() < 300, "only what follows the last full block: less than one slice")
        }
    }

    @Test("What came meanwhile reaches the next peer too, after the blocks of the first")
    func newerLater() throws {
        let log = CountingLog()
        let us = try bench(log, count: 3_000)
        let first = try said(us, to: "")
        _ = log.taken()
        for time in 3_001...3_010 {
            us.receive(.update(made("W", Double(time))), from: try writer(us))
        }
        us.receive(.update(made("LATE", 5)), from: try writer(us))
        let second = try said(us, to: "")
        #expect(second.count == 3_011)
        #expect(
            Set(second)
                == Set(
                    first + lines((3_001...3_010).map { made("W", Double($0)) })
                        + lines([made("LATE", 5)])))
        #expect(log.taken() < 300)
    }

    @Test("When the last session has closed, nothing is kept")
    func forgotten() throws {
        let log = CountingLog()
        let us = try bench(log, count: 1_000)
        us.handle(.closed(try writer(us)))
        _ = try said(us, to: "", closes: true)
        _ = log.taken()
        _ = try said(us, to: "", closes: true)
        #expect(log.taken() == 1_000)
    }

    @Test("Beside a small log little is kept, however many begin at different places")
    func boundedByTheLog() throws {
        var blocks = HistoryBlocks()
        let byteLimit = HistoryBlocks.byteLimit(beside: 100_000)
        #expect(byteLimit < 2 << 20)
        let lines = WireBlock(bytes: Array(repeating: 1, count: 64 << 10), ends: [64 << 10])
        for claim in 1...20 {
            let known = try #require(VersionVector("W@\(claim)"))
            var position = blocks.start(from: known, limit: limit)
            for _ in 0..<40 {
                let block = HistoryBlocks.Block(lines: lines, stretches: [])
                position = blocks.append(block, at: position, byteLimit: byteLimit)
            }
            #expect((1...byteLimit).contains(blocks.byteCount))
        }
        #expect(HistoryBlocks.byteLimit(beside: .max) == HistoryBlocks.maximumByteCount)
    }

    @Test("What is dropped from memory is not kept in blocks")
    func forgottenWithMemory() throws {
        let us = try ReplicaBench<UpdateLog>("US", UpdateLog(), saves: false)
        let writer = us.replica.open()
        us.receive(
            [.digest(Digest(source: nil, vector: try #require(VersionVector("W@100000000"))))],
            writer)
        for time in 1...5_000 { us.receive(.update(made("W", Double(time))), from: writer) }
        us.receive(.sync, from: writer)
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        #expect(us.said(peer, limit).count > 5_000)
        #expect(us.replica.gossip.historyBlocks.byteCount > 0)
        let isDropped = us.replica.drop(keeping: 10, bytes: .max, unsaved: [:])
        #expect(isDropped)
        #expect(us.replica.gossip.historyBlocks.byteCount == 0)
    }

    @Test(
        "Each peer gets exactly what it lacks, in order, whoever else is served and writes",
        arguments: 0..<60 as Range<UInt64>)
    func everybody(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let us = try bench(CountingLog(), count: Int.random(in: 0..<400, using: &random))
        let names = ["W", "A", "B", "US2"]
        var clocks = ["W": 400.0]
        var peers: [(id: PeerID, claim: VersionVector, got: [String], sent: [Update])] = []
        let limit = DeltaLimit(
            updates: Int.random(in: 1..<60, using: &random),
            bytes: Int.random(in: 1..<4_000, using: &random))
        for _ in 0..<600 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where peers.count < 8:
                var claim = VersionVector()
                for (name, clock) in clocks.sorted(by: { $0.key < $1.key })
                where Int.random(in: 0..<4, using: &random) == 0 {
                    let time = Double(Int.random(in: 1...Int(clock), using: &random))
                    if let source = Source(name), let time = Timestamp(time) {
                        claim.advance(source, to: time)
                    }
                }
                let peer = us.replica.open()
                us.receive(.digest(Digest(source: nil, vector: claim)), from: peer)
                peers.append((peer, claim, [], []))
            case 1, 2:
                let name = names[Int.random(in: 0..<names.count, using: &random)]
                let time = (clocks[name] ?? 0) + Double(Int.random(in: 1..<3, using: &random))
                clocks[name] = time
                let update = made(name, time)
                // It comes from the writer, or from a peer that claims to lack nothing before it.
                let place = peers.indices.randomElement(using: &random)
                if let place, Bool.random(using: &random),
                    !peers[place].claim.covers(update.stamp)
                {
                    us.receive(.update(update), from: peers[place].id)
                    peers[place].sent.append(update)
                } else {
                    us.receive(.update(update), from: try writer(us))
                }
            case 3:
                try us.write("\(Int.random(in: 0..<1_000_000, using: &random))")
            default:
                guard let place = peers.indices.randomElement(using: &random),
                    let outgoing = us.pull(peers[place].id, limit)
                else { continue }
                peers[place].got += us.lines(of: outgoing)
            }
        }
        for peer in peers {
            let got = (peer.got + us.said(peer.id, limit)).filter { $0.hasPrefix("[") }
            // What the peer sends counts as everything before it from that source.
            var known = peer.claim
            for update in peer.sent { known.advance(update.source, to: update.timestamp) }
            let all = us.replica.value.history(since: peer.claim)
            let needed = Set(lines(all.filter { !known.covers($0.stamp) }))
            #expect(needed.isSubset(of: got))
            #expect(Set(got).count == got.count, "nothing is sent twice")
            #expect(Set(got).isSubset(of: lines(all)))
            for source in names + ["US"] {
                let own = got.filter { $0.hasSuffix("\"\(source)\"]") }
                let ordered = lines(all.filter { $0.source.text == source })
                #expect(own == ordered.filter { Set(own).contains($0) })
            }
        }
    }

    // MARK: Helpers

    private typealias Counted = ReplicaBench<CountingLog>

    private func bench(_ log: CountingLog, count: Int) throws -> Counted {
        let us = try Counted("US", log, saves: false)
        let writer = us.replica.open()
        us.receive(
            [.digest(Digest(source: nil, vector: try #require(VersionVector("W@100000000"))))],
            writer)
        for time in 0..<count { us.receive(.update(made("W", Double(time + 1))), from: writer) }
        us.receive(.sync, from: writer)
        return us
    }

    /// The session from which the history came.
    private func writer(_ us: Counted) throws -> PeerID {
        try #require(us.replica.gossip.peers.first)
    }

    private func said(_ us: Counted, to claim: String, closes: Bool = false) throws -> [String] {
        let peer = us.replica.open()
        try us.receive(digest: claim, from: peer)
        let lines = us.said(peer, limit).filter { $0.hasPrefix("[") }
        if closes { us.handle(.closed(peer)) }
        return lines
    }

    private func lines(_ updates: [Update]) -> [String] {
        updates.map {
            var line: [UInt8] = []
            ClassicWire.append($0, to: &line)
            return String(decoding: line, as: UTF8.self)
        }
    }

    private func made(_ source: String, _ time: Double) -> Update {
        let signed =
            Int(time) % 3 == 0 ? Array(",\(Int(time)),\"\(source)\",7,\"\(source)\"]".utf8) : nil
        return Update(
            payload: update(source, time).payload, timestamp: update(source, time).timestamp,
            source: update(source, time).source, tail: signed)
    }
}

/// A log that counts the lines it writes.
private struct CountingLog: Replicated {
    var log = UpdateLog()
    private let counter = Counter()

    private final class Counter: Sendable {
        let lines = Atomic<Int>(0)
    }

    /// The lines written since the last call.
    func taken() -> Int { counter.lines.exchange(0, ordering: .relaxed) }

    static var dropsSuperseded: Bool { false }
    static var readsWallClock: Bool { false }
    var retainedByteCount: Int { log.byteCount }

    func history(since known: VersionVector) -> [Update] { log.history(since: known) }

    func delta(since known: VersionVector, limit: DeltaLimit) -> [Update] {
        log.delta(since: known, limit: limit)
    }

    mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        log.apply(update, changes: &changes)
    }

    func appendDelta(
        since known: VersionVector, upTo covered: (Source) -> Timestamp?, limit: DeltaLimit,
        to block: inout WireBlock
    ) -> DeltaExtent? {
        let before = block.ends.count
        defer { counter.lines.add(block.ends.count - before, ordering: .relaxed) }
        return log.appendDelta(since: known, upTo: covered, limit: limit, to: &block)
    }
}

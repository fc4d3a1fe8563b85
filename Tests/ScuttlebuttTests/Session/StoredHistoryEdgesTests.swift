// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import Scuttlebutt

/// What the simulator found when memory became a cache of the disk.
@Suite("A session that reads a log from the storage", .timeLimit(.minutes(20)))
struct StoredHistoryEdgesTests {
    /// A replica, and what it asks its driver for.
    private struct Bench {
        var replica: Replica<UpdateLog>
        var effects: [Replica<UpdateLog>.Effect] = []
        var reads: [StoredRange] = []
        var saves: [(token: Int, updates: [Update])] = []

        init() throws {
            var configuration = ReplicaConfiguration()
            configuration.timestamps = .lamport
            configuration.savesUpdates = true
            replica = Replica(
                UpdateLog(), source: try #require(Source("us")), configuration: configuration)
        }

        mutating func perform() {
            for effect in effects {
                switch effect {
                case .read(let range): reads.append(range)
                case .save(let token, let updates): saves.append((token, updates))
                case .close(_, let error): Issue.record("a session is cut off: \(error.message)")
                default: break
                }
            }
            effects = []
        }

        mutating func handle(_ input: ReplicaInput) {
            replica.handle(input, into: &effects)
            perform()
        }

        mutating func save() {
            while !saves.isEmpty { handle(.saved(saves.removeFirst().token)) }
        }

        mutating func write() throws -> Update {
            let update = try replica.write([0x31], into: &effects)
            perform()
            return update
        }

        /// Opens a session with a peer that has what the vector says.
        mutating func open(_ known: [(String, Double)] = []) throws -> PeerID {
            let peer = replica.open()
            var vector = VersionVector()
            for (source, time) in known {
                vector.advance(
                    try #require(Source(source)), to: try #require(Timestamp(time)))
            }
            let digest = Digest(source: Source("peer"), vector: vector)
            handle(.received(peer, [IncomingLine(.message(.digest(digest)))]))
            return peer
        }

        /// Pulls everything and returns the stamps in it, and whether the history has ended.
        mutating func pull(_ peer: PeerID) throws -> (stamps: [Stamp], isEnd: Bool) {
            var (stamps, isEnd): ([Stamp], Bool) = ([], false)
            var decoder = LineDecoder(wire: replica.configuration.wire)
            while let outgoing = replica.pull(peer, limit: .unlimited, into: &effects) {
                let block =
                    outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block
                var start = 0
                for end in block.ends {
                    let line = Array(block.bytes[start..<end - 1])
                    start = end
                    switch try line.withUnsafeBufferPointer({ try decoder.decode($0) }) {
                    case .message(.update(let update)): stamps.append(update.stamp)
                    case .message(.sync): isEnd = true
                    default: break
                    }
                }
                perform()
            }
            perform()
            return (stamps, isEnd)
        }
    }

    private func received(_ updates: [Update], _ peer: PeerID) -> ReplicaInput {
        .received(peer, updates.map { IncomingLine(.message(.update($0))) })
    }

    @Test("What is saved and dropped while a page is on its way is not left out")
    func droppedMeanwhile() throws {
        var bench = try Bench()
        let log = [update("a", 1), update("b", 2), update("a", 3), update("b", 4)]
        let writer = try bench.open()
        bench.handle(received([log[0], log[3]], writer))
        bench.save()
        let isDropped = bench.replica.drop(keeping: 0, bytes: .max, unsaved: [:])
        #expect(isDropped)
        let peer = try bench.open()
        _ = try bench.pull(peer)
        let next = bench.reads.popLast()
        let first = try #require(next)
        // The page is read now, without what is not durable yet.
        let page = [log[0], log[3]]
        bench.handle(received([log[2]], writer))
        bench.save()
        _ = bench.replica.drop(keeping: 0, bytes: .max, unsaved: [:])
        bench.handle(.read(first, page))
        var sent = try bench.pull(peer).stamps
        while let range = bench.reads.popLast() {
            let durable = [log[0], log[2], log[3]].filter { update in
                range.after.map { $0 < update.stamp } ?? true
            }
            bench.handle(.read(range, durable))
            sent += try bench.pull(peer).stamps
        }
        #expect(sent == [log[0].stamp, log[2].stamp, log[3].stamp])
    }

    @Test("An own update that may not be sent yet and is not in memory does not end a session")
    func heldAndDropped() throws {
        var bench = try Bench()
        // A peer has own updates that we have lost, so what we write waits for them.
        let claimer = try bench.open([("us", 5)])
        let own = try bench.write()
        bench.save()
        let isDropped = bench.replica.drop(keeping: 0, bytes: .max, unsaved: [:])
        #expect(isDropped)
        let peer = try bench.open()
        _ = try bench.pull(peer)
        while let range = bench.reads.popLast() {
            let page = range.after.map { $0 < own.stamp } ?? true ? [own] : []
            bench.handle(.read(range, page))
            let (stamps, _) = try bench.pull(peer)
            #expect(stamps.isEmpty)
        }
        #expect(bench.replica.gossip.hasWork(for: peer) == false)
        // Nothing came home.
        bench.handle(.closed(claimer))
        var sent = try bench.pull(peer).stamps
        while let range = bench.reads.popLast() {
            bench.handle(.read(range, [own]))
            sent += try bench.pull(peer).stamps
        }
        #expect(sent == [own.stamp])
    }

    @Test("An own update that is in a page before it may be sent is sent once")
    func heldInAPage() throws {
        var bench = try Bench()
        let claimer = try bench.open([("us", 5)])
        let writer = try bench.open()
        bench.handle(received([update("a", 9)], writer))
        bench.save()
        let isDropped = bench.replica.drop(keeping: 0, bytes: .max, unsaved: [:])
        #expect(isDropped)
        let own = try bench.write()
        let last = update("b", 90)
        let peer = try bench.open()
        _ = try bench.pull(peer)
        let next = bench.reads.popLast()
        let range = try #require(next)
        bench.save()
        bench.handle(.read(range, [update("a", 9), own, last]))
        // It is released while the page waits.
        bench.handle(.closed(claimer))
        let sent = try bench.pull(peer).stamps
        #expect(sent.count { $0 == own.stamp } == 1)
    }

    @Test("What is not saved stays in memory, even at the highest timestamp")
    func highestTimestamp() {
        var log = UpdateLog()
        let highest = update("a", Timestamp.maximum.value)
        log.append(highest)
        let isDropped = log.drop(
            keeping: 0, bytes: .max, unsaved: [highest.source: highest.timestamp])
        #expect(!isDropped && log.memoryCount == 1)
    }

    @Test("Where only the most is known that the storage has of a source, its end is respected")
    func estimates() throws {
        // The storage has b@3 and a@5; b@9 is in memory, so b's last stored one is at most at 5.
        let stored = [update("b", 3), update("a", 5)]
        let newest = update("b", 9)
        var log = UpdateLog(
            sources: [
                .init(newest: stored[1].stamp, count: 1), .init(newest: newest.stamp, count: 2),
            ], floor: stored[1].stamp, tail: [newest])
        var known = VersionVector()
        known.advance(stored[1].source, to: stored[1].timestamp)
        known.advance(stored[0].source, to: stored[0].timestamp)
        #expect(log.storedStart(since: known, after: nil) != nil)
        #expect(log.storedStart(since: known, after: stored[1].stamp) == nil)
        // Now b@9 is in the storage only.
        let isDropped = log.drop(keeping: 0, bytes: .max, unsaved: [:])
        #expect(isDropped)
        #expect(log.storedStart(since: known, after: stored[1].stamp) != nil)
        #expect(log.storedStart(since: known, after: newest.stamp) == nil)
    }

    @Test("A source whose newest timestamp is above the ceiling does not hide its others")
    func clockAfterAStart() throws {
        let ceiling = Timestamp.clockCeiling.value
        let log = [update("a", ceiling - 7), update("b", ceiling - 2), update("b", ceiling + 8)]
        for floor in [log[0].stamp, log[1].stamp] {
            var restoration = LogRestoration(folded: log[0].stamp, floor: floor, byteLimit: .max)
            let page = restoration.start.map { start in log.filter { start < $0.stamp } } ?? log
            restoration.add(page)
            var bench = try Bench()
            bench.replica.restore(
                restoration.log([
                    .init(newest: log[0].stamp, count: 1), .init(newest: log[2].stamp, count: 2),
                ]), newest: [log[0].stamp, log[2].stamp], highest: restoration.highest)
            #expect(try bench.write().timestamp.value == ceiling - 1)
        }
    }
}

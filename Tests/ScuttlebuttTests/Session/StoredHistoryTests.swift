// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import Scuttlebutt

@Suite("A log of which only the newest part is in memory", .timeLimit(.minutes(20)))
struct StoredHistoryTests {
    /// A replica with a disk, and peers that read from it.
    private struct World {
        var replica: Replica<UpdateLog>
        var effects: [Replica<UpdateLog>.Effect] = []
        var accepted: [Source: [Update]] = [:]
        var disk: [Update] = []
        var unsaved: [(token: Int, updates: [Update])] = []
        var reads: [StoredRange] = []
        /// How many updates of each source a reader has.
        var readers: [PeerID: [Source: Int]] = [:]
        var random: SplitMix64
        var readCount = 0

        init(seed: UInt64) throws {
            var configuration = ReplicaConfiguration()
            configuration.timestamps = .lamport
            configuration.savesUpdates = true
            replica = Replica(
                UpdateLog(), source: try #require(Source("us")), configuration: configuration)
            random = SplitMix64(seed: seed)
        }

        mutating func perform() {
            for effect in effects {
                switch effect {
                case .save(let token, let updates): unsaved.append((token, updates))
                case .read(let range): reads.append(range)
                case .close(let peer, let error):
                    Issue.record("\(peer) was cut off: \(error)")
                case .accepted(let updates):
                    for update in updates { accepted[update.source, default: []].append(update) }
                default: break
                }
            }
            effects = []
        }

        mutating func save() {
            guard !unsaved.isEmpty else { return }
            let (token, updates) = unsaved.removeFirst()
            for update in updates {
                let place = disk.lastIndex { $0.stamp < update.stamp } ?? -1
                disk.insert(update, at: place + 1)
            }
            replica.handle(.saved(token), into: &effects)
            perform()
        }

        mutating func read(limit: Int) {
            guard !reads.isEmpty else { return }
            let range = reads.remove(at: random.below(reads.count))
            let page = disk.filter { update in range.after.map { $0 < update.stamp } ?? true }
            readCount += 1
            replica.handle(.read(range, Array(page.prefix(limit))), into: &effects)
            perform()
        }

        /// Gives a reader what fits, and checks that it is the next of each source.
        mutating func pull(_ peer: PeerID, _ limit: DeltaLimit) throws -> Bool {
            let outgoing = replica.pull(peer, limit: limit, into: &effects)
            perform()
            guard let outgoing else { return false }
            let block = outgoing.shared.flatMap { replica.gossip.sharedBlock($0) } ?? outgoing.block
            var decoder = LineDecoder(wire: replica.configuration.wire)
            var start = 0
            for end in block.ends {
                let line = Array(block.bytes[start..<end - 1])
                start = end
                let decoded = try line.withUnsafeBufferPointer { try decoder.decode($0) }
                guard case .message(.update(let update)) = decoded else { continue }
                let has = readers[peer, default: [:]][update.source, default: 0]
                let all = accepted[update.source, default: []]
                #expect(
                    has < all.count && all[has] == update,
                    "\(update.source) \(update.timestamp.value) after \(has) updates")
                readers[peer, default: [:]][update.source] = has + 1
            }
            return true
        }
    }

    @Test(
        "Whoever is far behind gets everything once, each source ascending, while more comes late",
        arguments: UInt64(0)..<120)
    func streamsFromTheDisk(seed: UInt64) throws {
        var world = try World(seed: seed)
        let writer = world.replica.open()
        var clocks = [Int](repeating: 0, count: 5)
        func write(_ world: inout World) throws {
            let place = world.random.below(clocks.count)
            let name = ["a", "b", "\u{FF5E}", "\u{1F600}", "c"][place]
            // One source is far behind the others, so that all it writes comes late.
            clocks[place] += 1 + (place == 4 ? 0 : world.random.below(4))
            let update = Update(
                payload: Array("\(clocks[place])".utf8),
                timestamp: try #require(Timestamp(Double(clocks[place]))),
                source: try #require(Source(name)))
            let line = IncomingLine(.message(.update(update)))
            world.replica.handle(.received(writer, [line]), into: &world.effects)
            world.perform()
        }
        for _ in 0..<1_000 + world.random.below(1_000) {
            try write(&world)
            if world.random.below(4) == 0 { world.save() }
        }
        while !world.unsaved.isEmpty { world.save() }
        var peers: [PeerID] = []
        for step in 0..<3_000 {
            switch world.random.below(12) {
            case 0, 1, 2, 3: try write(&world)
            case 4, 5: for _ in 0..<world.random.below(12) { world.save() }
            case 6, 7: world.read(limit: 1 + world.random.below(300))
            case 8:
                var unsaved: [Source: Timestamp] = [:]
                for update in world.unsaved.flatMap(\.updates) where unsaved[update.source] == nil {
                    unsaved[update.source] = update.timestamp
                }
                _ = world.replica.drop(
                    keeping: world.random.below(600), bytes: .max, unsaved: unsaved)
            case 9 where peers.count < 4:
                let peer = world.replica.open()
                peers.append(peer)
                // What it has is a prefix of each source.
                var vector = VersionVector()
                for (source, updates) in world.accepted where world.random.below(2) == 0 {
                    let has = world.random.below(updates.count + 1)
                    guard has > 0 else { continue }
                    vector.advance(source, to: updates[has - 1].timestamp)
                    world.readers[peer, default: [:]][source] = has
                }
                let digest = Digest(source: Source("peer"), vector: vector)
                world.replica.handle(
                    .received(peer, [IncomingLine(.message(.digest(digest)))]),
                    into: &world.effects)
                world.perform()
            default:
                guard !peers.isEmpty else { continue }
                let limit = DeltaLimit(updates: 1 + world.random.below(200), bytes: 10_000)
                _ = try world.pull(peers[step % peers.count], limit)
            }
        }
        for _ in 0..<10_000 {
            while !world.unsaved.isEmpty { world.save() }
            while !world.reads.isEmpty { world.read(limit: 500) }
            var isDone = true
            for peer in peers where try world.pull(peer, DeltaLimit(bytes: 5_000)) {
                isDone = false
            }
            if isDone, world.reads.isEmpty { break }
        }
        for peer in peers {
            for (source, updates) in world.accepted {
                #expect(world.readers[peer, default: [:]][source, default: 0] == updates.count)
            }
        }
        #expect(world.readCount > 0)
        let total = world.accepted.values.reduce(0) { $0 + $1.count }
        #expect(world.replica.value.count == total)
        #expect(world.replica.value.count(since: VersionVector()) == total)
    }

    @Test("A peer that begins again and again has one read on its way, and gets everything")
    func repeatedHeaders() throws {
        var world = try World(seed: 1)
        let writer = world.replica.open()
        let lines = try (1...1_000).map { time in
            IncomingLine(
                .message(
                    .update(
                        Update(
                            payload: [0x31], timestamp: try #require(Timestamp(Double(time))),
                            source: try #require(Source("a"))))))
        }
        world.replica.handle(.received(writer, lines), into: &world.effects)
        world.perform()
        world.save()
        let isDropped = world.replica.drop(keeping: 10, bytes: .max, unsaved: [:])
        #expect(isDropped)
        let peer = world.replica.open()
        let digest = Digest(source: Source("peer"), vector: VersionVector())
        for _ in 0..<500 {
            world.replica.handle(
                .received(peer, [IncomingLine(.message(.digest(digest)))]), into: &world.effects)
            world.perform()
            while try world.pull(peer, .unlimited) {}
            #expect(world.reads.count <= 1)
        }
        for _ in 0..<20 {
            world.read(limit: 300)
            while try world.pull(peer, .unlimited) {}
            #expect(world.reads.count <= 1)
        }
        #expect(world.readers[peer]?[try #require(Source("a"))] == 1_000)
    }

    @Test("A part that cannot be read ends the session that needs it, and no other")
    func unreadable() throws {
        var world = try World(seed: 1)
        let writer = world.replica.open()
        let lines = try (1...1_000).map { time in
            IncomingLine(
                .message(
                    .update(
                        Update(
                            payload: [0x31], timestamp: try #require(Timestamp(Double(time))),
                            source: try #require(Source("a"))))))
        }
        world.replica.handle(.received(writer, lines), into: &world.effects)
        world.perform()
        world.save()
        let isDropped = world.replica.drop(keeping: 10, bytes: .max, unsaved: [:])
        #expect(isDropped)
        let peer = world.replica.open()
        let digest = Digest(source: Source("peer"), vector: VersionVector())
        world.replica.handle(
            .received(peer, [IncomingLine(.message(.digest(digest)))]), into: &world.effects)
        world.perform()
        _ = world.replica.pull(peer, limit: .unlimited, into: &world.effects)
        world.perform()
        let range = try #require(world.reads.first)
        #expect(range.after == nil)
        #expect(world.replica.pull(peer, limit: .unlimited, into: &world.effects) == nil)
        for page: [Update]? in [nil, []] {
            var replica = world.replica
            var effects: [Replica<UpdateLog>.Effect] = []
            replica.handle(.read(range, page), into: &effects)
            guard case .close(peer, let error)? = effects.first else {
                Issue.record("the session goes on")
                continue
            }
            #expect(error.code == .storageFailed)
            #expect(replica.gossip.isOpen(writer))
        }
    }
}

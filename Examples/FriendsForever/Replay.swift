// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// Plays a trace through a real server over real WebSockets, with connections that are cut, and
/// compares what everybody has at the end.
struct Replay: Sendable {
    /// How it went.
    struct Summary: Sendable {
        let actions: Int
        let cuts: [Int]
        let rewinds: Int
        let foldedAgain: Int
        let typing: Duration
        let offline: Duration

        /// One line for people.
        var line: String {
            "\(actions) actions in one order at two peers, the relay and its store; "
                + "cuts \(cuts[0])+\(cuts[1]), \(rewinds) rewinds, \(foldedAgain) folded again; "
                + "typed in \(typing.text), replayed from disk in \(offline.text)"
        }
    }

    /// What somebody has at the end.
    struct Ending: Sendable {
        let name: String
        /// In agreed order.
        let history: [Update]
        let state: Transcript

        init(_ name: String, _ store: GossipStore<Transcript, Keystroke>) {
            self.name = name
            history = store.dispatcher.withReplica { $0.value.delta(since: VersionVector()) }
                .sorted { $0.stamp < $1.stamp }
            state = store.state
        }
    }

    /// How often each connection is cut.
    static let cutCount = 10

    let trace: Trace
    let seed: UInt64
    /// Gets lines for people, a few dozen in all.
    let report: @Sendable (String) -> Void

    /// - Throws: ``Mismatch`` when somebody's history is not the others', and what the relay
    ///   throws.
    func run() async throws -> Summary {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "friendsforever-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("relay.sqlite").path

        let clock = ContinuousClock()
        let start = clock.now
        let (authors, endings) = try await typeTogether(file)
        let typing = clock.now - start
        report("typed in \(typing.text)")

        let offlineStart = clock.now
        let offline = try await GossipStore(
            initial: Transcript(), reducer: Transcript.reducer,
            storage: SQLiteStorage.open(file, mode: .readOnly))
        let all = endings + [Ending("the store on disk", offline)]
        await offline.shutDown()
        let reading = clock.now - offlineStart

        for ending in all { try check(ending, against: all[0]) }
        let rewound = authors.map(\.rewound)
        return Summary(
            actions: all[0].history.count, cuts: authors.map(\.transport.cutCount),
            rewinds: rewound.reduce(0) { $0 + $1.times },
            foldedAgain: rewound.reduce(0) { $0 + $1.actions }, typing: typing, offline: reading)
    }

    /// Runs the relay and both authors until all three have everything.
    private func typeTogether(_ file: String) async throws -> ([Author], [Ending]) {
        var configuration = RelayConfiguration()
        configuration.port = 0
        let relay = try await Relay.open(
            initial: Transcript(), reducer: Transcript.reducer, codec: .flat,
            storage: try SQLiteStorage.open(file, mode: .createIfMissing),
            configuration: configuration)
        var generator = SeededGenerator(seed: seed)
        let cuts = (0..<2).map { _ in
            (0..<Self.cutCount).map { _ in
                Int.random(in: 1..<trace.transactions.count, using: &generator)
            }.sorted()
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            let address = try await relay.listening
            let authors = try (0..<2).map { agent in
                try Author(
                    agent: agent, of: trace, address: "ws://127.0.0.1:\(address.port)/ws",
                    cuts: cuts[agent])
            }
            let total = trace.transactions.count
            await withDiscardingTaskGroup { group in
                for (agent, author) in authors.enumerated() {
                    let milestones = Milestones(total: total)
                    group.addTask {
                        await author.type { count in
                            guard milestones.reaches(count) else { return }
                            report("peer \(agent + 1) has \(count) of \(total)")
                        }
                    }
                }
            }
            for await state in relay.store.states where state.count >= total { break }
            let endings =
                authors.enumerated().map { Ending("peer \($0 + 1)", $1.store) }
                + [Ending("the relay", relay.store)]
            for author in authors { await author.store.shutDown() }
            group.cancelAll()
            try await group.waitForAll()
            return (authors, endings)
        }
    }

    /// Every transaction once, none before its parents, and everything as `other` has it.
    private func check(_ ending: Ending, against other: Ending) throws {
        func require(_ holds: Bool, _ rule: String) throws {
            if !holds { throw Mismatch(message: "\(ending.name) \(rule) (seed \(seed))") }
        }
        let total = trace.transactions.count
        try require(ending.history.count == total, "has \(ending.history.count) of \(total)")
        try require(ending.state.count == total, "has folded \(ending.state.count) of \(total)")
        try require(ending.state.repeated.isEmpty, "has \(ending.state.repeated) twice")
        var places = [Int](repeating: total, count: total)
        for (place, index) in ending.state.order.enumerated() { places[Int(index)] = place }
        for (index, transaction) in trace.transactions.enumerated() {
            try require(
                transaction.parents.allSatisfy { places[$0] < places[index] },
                "has \(index) before something that its author had seen")
        }
        let difference = zip(ending.history, other.history).enumerated().first { $1.0 != $1.1 }
        try require(
            difference == nil, "differs from \(other.name) at place \(difference?.offset ?? 0)")
        try require(ending.state == other.state, "has another state than \(other.name)")
    }
}

/// A rule that did not hold at the end.
struct Mismatch: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}

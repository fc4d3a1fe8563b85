// SPDX-License-Identifier: MIT

import Redux
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttSimulation
import Testing

@testable import FriendsForever

/// What users look at, at peers that crash, lose their connections and are lied to.
@Suite("Simulated examples", .timeLimit(.minutes(20))) struct SimulatedExamplesTests {
    @Test(
        "Counter, chat and life keep every promise under every kind of trouble",
        arguments: ExampleReducer.allCases, 0..<20 as Range<UInt64>)
    func reducers(_ example: ExampleReducer, seed: UInt64) {
        let reducer = example.reducer
        let program = StoreProgram<ExampleState, RawAction>(
            initial: example.initialState, codec: .raw,
            actions: { Self.action(&$0) },
            reduce: { state, action, stamp in
                let meta = ActionMeta(timestamp: stamp?.timestamp, source: stamp?.source)
                try reducer.reduce(&state, action, meta)
            })
        var configuration = Simulation.Configuration()
        configuration.steps = 60
        configuration.peers = 2 + Int(seed % 7)
        let outcome = Simulation(configuration).run(seed: seed, program)
        #expect(outcome.violation == nil, "\(outcome.script)")
    }

    private static func action(_ random: inout SplitMix64) -> RawAction {
        let (number, row) = (random.below(30), random.below(30))
        let texts: [String] = [
            #"{"type":"INCREMENT"}"#, #"{"type":"DECREMENT"}"#, #"{"type":"INCREMENT_ODD"}"#,
            #"{"type":"ADD_MESSAGE","payload":"é \#(number)"}"#,
            #"{"type":"TOGGLE","payload":{"x":\#(number),"y":\#(row)}}"#,
            #"{"type":"STEP"}"#, #"{"type":"RESET"}"#, #"{"type":"TOGGLE","payload":[]}"#,
        ]
        return RawAction(payload: Array(texts[random.below(texts.count)].utf8))
    }

    @Test("2,500 keystrokes of two people end in one order everywhere, through cuts and crashes")
    func friendsForever() async throws {
        let trace = try await Trace(contentsOf: Trace.standard)
        // Whoever is named as a parent was typed before, so the beginning stands for itself. All
        // 26,078 take 24 s in a release build and minutes in this one.
        let limit = 2_500
        let reducer = Transcript.reducer
        // Two people, and a relay between them that keeps everything too.
        var swarm = SimulatedSwarm(initial: Transcript(), peers: 3, seed: 1, topology: .star) {
            (transcript: inout Transcript, action: Keystroke) in
            try reducer.reduce(&transcript, action, ActionMeta())
        }
        swarm.run(milliseconds: 500)
        var waiting = (0...1).map { agent in
            trace.transactions.indices.prefix(limit).filter {
                trace.transactions[$0].agent == agent
            }[...]
        }
        var turns = 0
        while waiting.contains(where: { !$0.isEmpty }), turns < 20_000 {
            turns += 1
            trouble(turns, &swarm)
            for agent in 0...1 {
                // One look at what has come for each turn, and a burst of what was typed then.
                for _ in 0..<40 {
                    guard let index = waiting[agent].first,
                        let seen = swarm.state(of: agent + 1),
                        trace.transactions[index].parents.allSatisfy({ seen.contains($0) })
                    else { break }
                    waiting[agent].removeFirst()
                    let patch = trace.transactions[index].patch
                    swarm.dispatch(
                        .type(
                            index: index, position: patch.position, deleted: patch.deleted,
                            inserted: patch.inserted), at: agent + 1)
                }
            }
            swarm.run(milliseconds: 20)
        }
        try swarm.assertConverged()
        let end = try #require(swarm.state(of: 0))
        #expect(end.count == limit)
        #expect(end.repeated.isEmpty)
        #expect(swarm.state(of: 1) == end && swarm.state(of: 2) == end)
        // Whatever was typed stands behind all that its writer had seen.
        var places = [Int](repeating: 0, count: trace.transactions.count)
        for (place, index) in end.order.enumerated() { places[Int(index)] = place }
        for (index, transaction) in trace.transactions.prefix(limit).enumerated() {
            #expect(transaction.parents.allSatisfy { places[$0] < places[index] })
        }
        print("friendsforever: \(turns) turns, \(swarm.figures)")
    }

    /// Nothing that a writer has not saved may be lost, for the trace goes on from it: only the
    /// relay loses power.
    private func trouble(_ turn: Int, _ swarm: inout SimulatedSwarm<Transcript, Keystroke>) {
        switch turn % 60 {
        case 7: swarm.perform(.cut(1, 0))
        case 19: swarm.perform(.halfOpen(0, 2))
        case 31: swarm.perform(.duplicate(1, 2))
        case 40: swarm.crash(0)
        case 45: swarm.restart(0)
        default: break
        }
    }
}

// SPDX-License-Identifier: MIT

import ScuttlebuttCoding
import ScuttlebuttSimulation
import Testing

@Suite("Simulated swarm", .timeLimit(.minutes(20))) struct SimulatedSwarmTests {
    @Test("Peers of a healed partition show the same")
    func partition() throws {
        var swarm = SimulatedSwarm(initial: [], peers: 4, seed: 1, reducer: noting)
        swarm.run(milliseconds: 200)
        swarm.partition([0, 1], [2, 3])
        swarm.dispatch(Note.append(1), at: 0)
        swarm.dispatch(.append(2), at: 3)
        swarm.run(milliseconds: 500)
        #expect(swarm.state(of: 1) == [1])
        #expect(swarm.state(of: 2) == [2])
        #expect(swarm.vector(of: 1) == "A@1")
        swarm.heal()
        try swarm.assertConverged()
        #expect(swarm.state(of: 1) == [1, 2])
        #expect((0..<4).allSatisfy { swarm.vector(of: $0) == "A@1 D@1" })
    }

    @Test("What was durable survives a crash, and what was not is gone")
    func crash() throws {
        var swarm = SimulatedSwarm(initial: [], peers: 2, reducer: noting)
        swarm.partition([0], [1])
        swarm.dispatch(Note.append(1), at: 0)
        swarm.run(milliseconds: 100)
        swarm.dispatch(.append(2), at: 0)
        swarm.crash(0)
        #expect(swarm.state(of: 0) == nil)
        swarm.restart(0)
        #expect(swarm.state(of: 0) == [1])
        try swarm.assertConverged()
        #expect(swarm.state(of: 1) == [1])
    }

    @Test("A local action stays where it is, in its place")
    func localAction() throws {
        var swarm = SimulatedSwarm(initial: [], peers: 2, reducer: noting)
        swarm.dispatch(Note.append(1), at: 0)
        swarm.dispatch(.look, at: 0)
        swarm.dispatch(.append(2), at: 0)
        try swarm.assertConverged()
        #expect(swarm.state(of: 0) == [1, -1, 2])
        #expect(swarm.state(of: 1) == [1, 2])
    }

    @Test("An action that the reducer throws for is a no-op everywhere")
    func throwingReducer() throws {
        var swarm = SimulatedSwarm(initial: [], peers: 3, reducer: noting)
        swarm.dispatch(Note.append(-5), at: 0)
        swarm.dispatch(.append(5), at: 1)
        try swarm.assertConverged()
        #expect((0..<3).allSatisfy { swarm.state(of: $0) == [5] })
    }

    @Test("A reducer that looks at something else than state and action is found")
    func impureReducer() {
        let calls = Counter()
        var swarm = SimulatedSwarm(initial: [], peers: 2) { (state: inout [Int], action: Note) in
            state.append(calls.next())
        }
        swarm.dispatch(.append(1), at: 0)
        #expect(throws: BrokenPromiseError.self) { try swarm.assertConverged() }
    }

    @Test(
        "What is written while own updates of a lost store come home hides none of them",
        arguments: 0..<20 as Range<UInt64>)
    func lostStore(seed: UInt64) throws {
        var swarm = SimulatedSwarm(initial: [], peers: 2, seed: seed, reducer: noting)
        swarm.run(milliseconds: 200)
        swarm.perform(.backUp(1))
        for number in 1...5 { swarm.dispatch(Note.append(number), at: 1) }
        swarm.run(milliseconds: 200)
        swarm.perform(.restore(1))
        #expect(swarm.state(of: 1) == [])
        // Until it hears that others have more of its own than it has itself.
        for _ in 0..<2_000 where !swarm.log.contains(where: { $0.contains("lacks own updates") }) {
            swarm.run(milliseconds: 1)
        }
        swarm.dispatch(.append(6), at: 1)
        try swarm.assertConverged()
        #expect(swarm.state(of: 0) == [1, 2, 3, 4, 5, 6])
        #expect(swarm.state(of: 1) == [1, 2, 3, 4, 5, 6])
        swarm.crash(1)
        swarm.restart(1)
        #expect(swarm.state(of: 1) == [1, 2, 3, 4, 5, 6])
    }

    @Test("The same calls do the same", arguments: 0..<5 as Range<UInt64>)
    func repetition(seed: UInt64) throws {
        func run(_ seed: UInt64) throws -> (UInt64, [Int]?) {
            var swarm = SimulatedSwarm(
                initial: [], peers: 5, seed: seed, topology: .ring, reducer: noting)
            for number in 0..<20 {
                swarm.dispatch(Note.append(number), at: number % 5)
                swarm.run(milliseconds: 7)
            }
            try swarm.assertConverged()
            return (swarm.digest, swarm.state(of: 0))
        }
        let (first, second) = (try run(seed), try run(seed))
        #expect(first == second)
        #expect(try run(seed + 100).0 != first.0)
        #expect(first.1?.count == 20)
    }
}

/// A reducer that does what it must not.
private final class Counter: @unchecked Sendable {
    // Only ever called by the one thread that runs the swarm.
    private var count = 0
    func next() -> Int {
        count += 1
        return count
    }
}

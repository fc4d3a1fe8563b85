// SPDX-License-Identifier: MIT

import ScuttlebuttCoding
import ScuttlebuttSimulation
import Testing

@Suite("Simulated peers whose memory is a cache of their disk", .timeLimit(.minutes(20)))
struct TieredSimulationTests {
    /// Every peer with a disk keeps few updates in memory, and stores checkpoints.
    private func script(_ seed: UInt64, _ configuration: Simulation.Configuration) -> Script {
        var script = Simulation(configuration).script(seed: seed)
        script.memory = (0..<script.peers).map { 2 + ($0 + Int(seed)) % 9 }
        script.checkpoints = 2 + Int(seed % 9)
        script.damage = Int(seed % 3) * 10
        return script
    }

    private var small: Simulation.Configuration {
        var configuration = Simulation.Configuration()
        configuration.steps = 50
        configuration.peers = 4
        return configuration
    }

    @Test("Every promise is kept under mixed faults", arguments: 0..<120 as Range<UInt64>)
    func mixedFaults(seed: UInt64) {
        let outcome = Simulation().run(script(seed, small))
        #expect(outcome.violation == nil, "\(outcome.script)")
    }

    @Test("Peers that are far behind are served from the disk, and what comes late is folded again")
    func works() {
        var configuration = Simulation.Configuration()
        configuration.faults = [.partitions, .joins, .crashes]
        let figures = (0..<5 as Range<UInt64>).map {
            Simulation().run(script($0, configuration)).figures
        }
        #expect(figures.allSatisfy { $0.tierSteps > 20 })
        #expect(figures.contains { $0.storedPages > 20 })
    }

    @Test("A program without bytes for its states folds everything again")
    func withoutCheckpoints() {
        let program = StoreProgram<[Int], Note>(
            initial: [], codec: .flat, actions: { Note.append($0.below(100)) },
            reduce: { state, action, _ in try noting(&state, action) })
        for seed in 0..<10 as Range<UInt64> {
            let outcome = Simulation().run(script(seed, small), program)
            #expect(outcome.violation == nil, "\(outcome.script)")
        }
    }

    @Test("Sizes beyond all bounds are harmless")
    func largeSizes() throws {
        let script = try Script(
            """
            scuttlebutt script 1
            peers 2
            memory 9223372036854775807 1 7
            checkpoints 9223372036854775807
            damage 9223372036854775807
            at 1 dispatch 0 1
            at 2 dispatch 1 2
            at 900 crash 1 0
            at 950 restart 1
            """)
        #expect(Simulation().run(script).violation == nil)
    }
}

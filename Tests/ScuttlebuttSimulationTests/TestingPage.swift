// SPDX-License-Identifier: MIT

// The programs of docs/testing-your-reducer.md, compiled: `TestingPageTests` compares them with the
// page line by line, and runs them.

import ScuttlebuttCoding
import ScuttlebuttSimulation

func program() throws {
    var swarm = SimulatedSwarm(initial: [], peers: 4, seed: 1, reducer: noting)
    swarm.partition([0, 1], [2, 3])
    swarm.dispatch(Note.append(1), at: 0)
    swarm.dispatch(.append(2), at: 3)
    swarm.run(milliseconds: 500)
    swarm.crash(1)
    swarm.heal()
    try swarm.assertConverged()
}

func seeds() throws {
    let program = StoreProgram<[Int], Note>(
        initial: [], codec: .flat, actions: { Note.append($0.below(100)) },
        reduce: { state, action, _ in try noting(&state, action) })
    for seed in 0..<50 as Range<UInt64> {
        let simulation = Simulation()
        let script = simulation.script(seed: seed)
        if let failure = simulation.shrink(script, program) { throw failure }
    }
}

func replay(_ text: String) throws {
    var simulation = Simulation()
    simulation.keepsLog = true
    let outcome = simulation.run(try Script(text))
    for line in outcome.log { print(line) }
}

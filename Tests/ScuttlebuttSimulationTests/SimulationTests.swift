// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation
import Testing

@Suite("Simulation") struct SimulationTests {
    @Test("Every promise is kept under mixed faults", arguments: 0..<200 as Range<UInt64>)
    func mixedFaults(seed: UInt64) {
        var configuration = Simulation.Configuration()
        configuration.steps = 60
        configuration.peers = 2 + Int(seed % 7)
        let outcome = Simulation(configuration).run(seed: seed)
        #expect(outcome.violation == nil, "\(outcome.script)")
    }
}

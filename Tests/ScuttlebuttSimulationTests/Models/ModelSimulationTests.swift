// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation
import Testing

/// Every data type under every kind of trouble: peers write what they prepare from what they see.
@Suite("Model simulation", .timeLimit(.minutes(20))) struct ModelSimulationTests {
    private static let seeds = UInt64(0)..<25

    private func expectPromises(_ seed: UInt64, _ program: some SimulatedProgram) {
        var configuration = Simulation.Configuration()
        configuration.steps = 60
        configuration.peers = 2 + Int(seed % 6)
        let outcome = Simulation(configuration).run(seed: seed, program)
        #expect(outcome.violation == nil, "\(outcome.script)")
    }

    @Test(arguments: seeds) func model(seed: UInt64) { expectPromises(seed, ModelPrograms.model) }

    @Test(arguments: seeds) func value(seed: UInt64) { expectPromises(seed, ModelPrograms.value) }

    @Test(arguments: seeds) func events(seed: UInt64) { expectPromises(seed, ModelPrograms.events) }

    @Test(arguments: seeds) func appendOnly(seed: UInt64) {
        expectPromises(seed, ModelPrograms.appendOnly)
    }

    @Test(arguments: seeds) func expiry(seed: UInt64) { expectPromises(seed, ModelPrograms.expiry) }

    @Test(arguments: seeds) func bucket(seed: UInt64) { expectPromises(seed, ModelPrograms.bucket) }

    @Test(arguments: seeds) func array(seed: UInt64) { expectPromises(seed, ModelPrograms.array) }

    @Test(arguments: seeds) func edit(seed: UInt64) { expectPromises(seed, ModelPrograms.edit) }

    @Test(arguments: seeds) func doc(seed: UInt64) { expectPromises(seed, ModelPrograms.doc) }

    @Test(arguments: seeds) func text(seed: UInt64) { expectPromises(seed, ModelPrograms.text) }
}

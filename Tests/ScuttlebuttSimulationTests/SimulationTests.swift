// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation
import Testing

@Suite("Simulation", .timeLimit(.minutes(20))) struct SimulationTests {
    /// Small, so that two hundred of them pass quickly without optimisation.
    private func simulation(_ seed: UInt64) -> Simulation {
        var configuration = Simulation.Configuration()
        configuration.steps = 50
        configuration.peers = 2 + Int(seed % 7)
        return Simulation(configuration)
    }

    @Test("Every promise is kept under mixed faults", arguments: 0..<200 as Range<UInt64>)
    func mixedFaults(seed: UInt64) {
        let outcome = simulation(seed).run(seed: seed)
        #expect(outcome.violation == nil, "\(outcome.script)")
    }

    @Test(
        "A replicated log keeps every promise under mixed faults",
        arguments: 0..<60 as Range<UInt64>)
    func replicatedLog(seed: UInt64) {
        let outcome = simulation(seed).run(seed: seed, Programs.log)
        #expect(outcome.violation == nil, "\(outcome.script)")
    }

    @Test(
        "A map that forgets keeps every promise under mixed faults",
        arguments: 0..<60 as Range<UInt64>)
    func forgetfulMap(seed: UInt64) {
        let outcome = simulation(seed).run(seed: seed, Programs.map)
        #expect(outcome.violation == nil, "\(outcome.script)")
    }

    /// Found with seed 194: an own write whose saving failed hid what it replaced from a new peer,
    /// and was lost for good.
    @Test("A write that is lost hides nothing from a new peer")
    func lostWrite() throws {
        let script = try Script(
            """
            scuttlebutt script 1
            seed 194
            peers 8
            topology mesh
            network 5 0 0 65536 2
            limits 64 256 8 0 0
            absent 1 6
            at 195 dispatch 4 88081881873690
            at 215 dispatch 4 191787316743099
            at 240 partition 4 6 | 3 7 | 0 1 2 5 silently
            at 289 dispatch 2 5001762754034
            at 686 dispatch 7 63713862618313
            at 707 fail-disk 6 3
            at 753 dispatch 0 130669861426021
            at 793 dispatch 0 138174222601623
            at 1286 slow 3 on
            at 1484 join 6
            at 1499 heal
            at 1527 dispatch 7 2218558268515
            at 1751 crash 2 926
            at 1751 dispatch 3 164326706724789
            at 1805 dispatch 0 110129379928488
            at 2017 crash 5 783
            at 2051 restart 5
            at 2123 dispatch 6 152787066367720
            at 2316 join 1
            at 2839 retire 6
            """)
        #expect(Simulation().run(script, Programs.map).violation == nil)
        #expect(Simulation().run(seed: 194, Programs.map).violation == nil)
    }

    @Test("Each kind of trouble alone is survived, on each topology")
    func eachFault() {
        for (index, entry) in Faults.names.enumerated() {
            var configuration = Simulation.Configuration()
            configuration.faults = entry.faults
            configuration.steps = 40
            configuration.topology = Topology.allCases[index % Topology.allCases.count]
            let outcome = Simulation(configuration).run(seed: UInt64(index))
            #expect(outcome.violation == nil, "\(entry.name)")
            #expect(outcome.figures.accepted > 0)
        }
    }

    @Test("The same seed does the same, and another one something else")
    func repetition() {
        let first = simulation(3).run(seed: 3)
        #expect(simulation(3).run(seed: 3).digest == first.digest)
        #expect(simulation(3).run(seed: 10).digest != first.digest)
    }

    @Test("A seed does the same in every process and on every machine")
    func goldenDigest() {
        // Changes with every change of what machines do or scripts draw; then look at why.
        #expect(Simulation().run(seed: 7).digest == 7_397_541_157_964_324_608)
    }

    @Test("A log does not change what happens")
    func logging() {
        var logging = simulation(5)
        logging.keepsLog = true
        let outcome = logging.run(seed: 5)
        #expect(outcome.digest == simulation(5).run(seed: 5).digest)
        #expect(outcome.log.count > 100)
    }

    @Test("Samples show the staleness and the traffic over time")
    func samples() throws {
        var sampling = simulation(6)
        sampling.sampleMilliseconds = 100
        let samples = sampling.run(seed: 6).samples
        #expect(samples.count > 5)
        #expect(samples.contains { $0.lacking > 0 })
        #expect(zip(samples, samples.dropFirst()).allSatisfy { $0.bytes <= $1.bytes })
        #expect(zip(samples, samples.dropFirst()).allSatisfy { $1.time - $0.time == 100_000 })
    }

    @Test("A hundred peers with heavy disconnection converge within 15 s of healing")
    func heavyDisconnection() throws {
        var configuration = Simulation.Configuration()
        configuration.peers = 100
        configuration.steps = 100
        configuration.faults = [.cuts, .halfOpen, .partitions]
        configuration.dispatchPercentage = 40
        let outcome = Simulation(configuration).run(seed: 1)
        #expect(outcome.violation == nil)
        #expect(try #require(outcome.convergence) <= 15_000_000)
    }
}

// SPDX-License-Identifier: MIT

/// Runs scripts; the same script gives the same run, bit for bit, in every process.
///
/// Unless you pass a program, the peers run ``checksum``, whose state depends on the order of every
/// single action.
///
/// ```swift
/// let outcome = Simulation().run(seed: 7)
/// if let violation = outcome.violation { … }
/// ```
public struct Simulation: Sendable {
    /// The kind of scripts to generate from seeds.
    public var configuration: Configuration
    /// Whether outcomes include the log, line by line; default false.
    public var keepsLog = false
    /// The interval between samples, in milliseconds of virtual time; default 0, which means none.
    public var sampleMilliseconds = 0

    /// Creates a simulation.
    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Runs the script generated from a seed.
    public func run(seed: UInt64) -> Outcome { run(script(seed: seed)) }

    /// Runs a script.
    public func run(_ script: Script) -> Outcome { run(script, Simulation.checksum) }

    /// Runs the script generated from a seed, with a program of your own.
    public func run(seed: UInt64, _ program: some SimulatedProgram) -> Outcome {
        run(script(seed: seed), program)
    }

    /// Runs a script with a program of your own: first all steps, then the healing, then the
    /// checks.
    public func run<Program: SimulatedProgram>(_ script: Script, _ program: Program) -> Outcome {
        var world = World(
            program, script, keepsLines: keepsLog,
            sampleInterval: Int64(max(sampleMilliseconds, 0)) * 1_000)
        world.run(until: Int64(script.steps.last?.time ?? 0) * 1_000)
        world.settle()
        return world.outcome
    }
}

extension World {
    /// The outcome of the run so far.
    var outcome: Outcome {
        Outcome(
            script: script, violation: violation, figures: figures, time: time,
            convergence: violation == nil ? healedAt.map { max(lastAcceptance - $0, 0) } : nil,
            eventCount: log.eventCount, digest: log.digest, log: log.lines, samples: samples)
    }
}

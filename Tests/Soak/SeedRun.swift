// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// Seeds that are run side by side and looked at in their order.
///
/// A simulation is a function of its seed, so nothing but the order of the looking could depend on
/// how many cores there are; looking in order keeps the first failure the same everywhere.
struct SeedRun {
    private let options: SoakOptions

    init(_ options: SoakOptions) { self.options = options }

    /// Hands over one outcome after the other until there are no more seeds or `look` has had
    /// enough.
    func outcomes(_ look: (UInt64, Outcome) -> Bool) async {
        let simulation = Simulation(options.configuration)
        let (first, traces) = (options.first, options.traces)
        let count = options.seeds ?? .max
        // One slow seed holds the others back at some distance, so that few outcomes wait.
        let lead = UInt64(options.jobs) * 8
        await withTaskGroup(of: (UInt64, Outcome).self) { group in
            var (begun, seen) = (UInt64(0), UInt64(0))
            var waiting: [UInt64: Outcome] = [:]
            var running = 0
            func begin() {
                guard begun < count, begun - seen < lead, running < options.jobs else { return }
                running += 1
                let seed = first &+ begun
                begun += 1
                group.addTask {
                    if traces { say("seed \(seed)") }
                    return (seed, simulation.run(seed: seed))
                }
            }
            for _ in 0..<options.jobs { begin() }
            for await (seed, outcome) in group {
                running -= 1
                waiting[seed] = outcome
                while let next = waiting.removeValue(forKey: first &+ seen) {
                    seen += 1
                    guard look(first &+ seen &- 1, next) else { return group.cancelAll() }
                }
                for _ in 0..<options.jobs { begin() }
            }
        }
    }
}

/// What the outcomes add up to.
struct SoakTally {
    private(set) var seeds = 0
    private(set) var failures = 0
    private var actions = 0
    private var events = 0
    private var slowest: Int64 = 0

    mutating func add(_ outcome: Outcome) {
        seeds += 1
        actions += outcome.figures.actions
        events += outcome.eventCount
        slowest = max(slowest, outcome.convergence ?? 0)
        if outcome.violation != nil { failures += 1 }
    }

    func text(_ time: Duration) -> String {
        let tenths = max(
            time.components.seconds * 10
                + time.components.attoseconds / 100_000_000_000_000_000, 1)
        return "\(seeds) seeds in \(tenths / 10).\(tenths % 10) s, "
            + "\(Int64(seeds) * 10 / tenths) seeds/s, "
            + "\(Int64(actions) * 10 / tenths) actions/s, \(events) events, "
            + "slowest convergence \(slowest / 1_000) ms, \(failures) failures"
    }
}

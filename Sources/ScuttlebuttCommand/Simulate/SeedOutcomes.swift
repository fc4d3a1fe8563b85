// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// Runs seeds on all cores and delivers their outcomes in seed order.
///
/// A run is a function of its seed, so the number of cores only affects which run finishes first.
/// Delivering outcomes in order makes the first failure, and all output, the same everywhere.
struct SeedOutcomes {
    let simulation: Simulation
    let first: UInt64
    let count: Int

    /// Passes each outcome to `body` until it returns false or the task is cancelled.
    func forEach(_ body: (UInt64, Outcome) throws -> Bool) async throws {
        let (simulation, first) = (simulation, first)
        let jobs = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) * 2
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var (begun, seen, running) = (0, 0, 0)
            // Outcomes waiting for a slower earlier one; `begin()` bounds their number.
            var waiting: [Int: Outcome] = [:]
            func begin() {
                while running < jobs, begun < count, begun - seen < jobs * 8 {
                    let index = begun
                    begun += 1
                    running += 1
                    // On the pool, whatever thread the outcomes are looked at on.
                    group.addTask(executorPreference: globalConcurrentExecutor) {
                        (index, simulation.run(seed: first &+ UInt64(index)))
                    }
                }
            }
            begin()
            for try await (index, outcome) in group {
                running -= 1
                waiting[index] = outcome
                while let next = waiting.removeValue(forKey: seen) {
                    let seed = first &+ UInt64(seen)
                    seen += 1
                    if try !body(seed, next) || Task.isCancelled { return group.cancelAll() }
                }
                begin()
            }
        }
    }
}

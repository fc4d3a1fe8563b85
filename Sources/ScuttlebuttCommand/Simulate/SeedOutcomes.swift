// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Seeds that are run on all cores and looked at in their order.
///
/// A run is a function of its seed, so the number of cores can change nothing but who is done
/// first; looking in order makes the first failure, and all that is printed, the same everywhere.
struct SeedOutcomes {
    let simulation: Simulation
    let first: UInt64
    let count: Int

    /// Hands over one outcome after the other, until `look` returns false or a signal comes.
    func forEach(_ look: (UInt64, Outcome) throws -> Bool) async throws {
        let (simulation, first) = (simulation, first)
        let jobs = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) * 2
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var (begun, seen, running) = (0, 0, 0)
            // Outcomes that wait for a slower one before them; their number is bounded by the lead.
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
                    if try !look(seed, next) || Task.isCancelled { return group.cancelAll() }
                }
                begin()
            }
        }
    }
}

// SPDX-License-Identifier: MIT

extension Simulation {
    /// Shrinks a failing script as far as possible, and runs the result with a log.
    ///
    /// Shrinking removes steps, then peers and faults of the network, as long as the same promise
    /// is broken. The result depends only on the script.
    ///
    /// - Parameters:
    ///   - script: The script.
    ///   - program: What the peers run.
    ///   - budget: The most runs to take.
    /// - Returns: `nil` if the script breaks no promise.
    public func shrink<Program: SimulatedProgram>(
        _ script: Script, _ program: Program, budget: Int = 1_000
    ) -> SimulationError? {
        guard let violation = run(script, program).violation else { return nil }
        var shrinker = Shrinker(script: script, promise: violation.promise, budget: budget) {
            candidate in
            var simulation = self
            (simulation.keepsLog, simulation.sampleMilliseconds) = (false, 0)
            return simulation.run(candidate, program).violation
        }
        shrinker.shrink(violation)
        var simulation = self
        simulation.keepsLog = true
        let outcome = simulation.run(shrinker.script, program)
        guard let last = outcome.violation else { return nil }
        return SimulationError(
            script: shrinker.script, violation: last, log: outcome.log,
            originalStepCount: script.steps.count, runCount: shrinker.runCount)
    }

    /// Shrinks a failing script of the built-in program as far as possible.
    public func shrink(_ script: Script, budget: Int = 1_000) -> SimulationError? {
        shrink(script, Simulation.checksum, budget: budget)
    }
}

/// A search for a smaller script that breaks the same promise.
///
/// - SeeAlso: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
private struct Shrinker {
    private(set) var script: Script
    private(set) var runCount = 0
    let promise: BrokenPromiseError.Promise
    let budget: Int
    let check: (Script) -> BrokenPromiseError?

    /// Adopts a candidate if it still fails, and returns whether it does.
    private mutating func take(_ candidate: Script) -> Bool {
        guard runCount < budget, candidate != script else { return false }
        runCount += 1
        guard check(candidate)?.promise == promise else { return false }
        script = candidate
        return true
    }

    mutating func shrink(_ violation: BrokenPromiseError) {
        var candidate = script
        candidate.steps.removeAll { Int64($0.time) * 1_000 > violation.time }
        _ = take(candidate)
        var size = -1
        while size != script.steps.count {
            size = script.steps.count
            dropSteps()
            dropPeers()
            simplify()
        }
    }

    private mutating func dropSteps() {
        var chunk = max(script.steps.count / 2, 1)
        while true {
            var start = 0
            while start < script.steps.count {
                var candidate = script
                let end = min(start + chunk, script.steps.count)
                candidate.steps.removeSubrange(start..<end)
                if !take(candidate) { start = end }
            }
            guard chunk > 1, runCount < budget else { return }
            chunk /= 2
        }
    }

    /// Removes peers from the end, with the steps that concern them.
    private mutating func dropPeers() {
        while script.peers > 1 {
            var candidate = script
            candidate.peers -= 1
            let last = candidate.peers
            candidate.steps.removeAll { step in
                if case .partition = step.command { return false }
                return step.command.peers.contains(last)
            }
            for index in candidate.steps.indices {
                guard case .partition(let groups, let isSilent) = candidate.steps[index].command
                else { continue }
                candidate.steps[index].command = .partition(
                    groups.map { $0.filter { $0 != last } }, isSilent: isSilent)
            }
            candidate.forgetful.removeAll { $0 == last }
            candidate.old.removeAll { $0 == last }
            candidate.absent.removeAll { $0 == last }
            candidate.memory.removeLast(max(0, candidate.memory.count - candidate.peers))
            guard take(candidate) else { return }
        }
    }

    /// Tries the simplest value of each setting.
    private mutating func simplify() {
        let plain: [(inout Script) -> Void] = [
            { $0.verifies = false }, { $0.hasOddNames = false }, { $0.forgetful = [] },
            { $0.damage = 0 }, { $0.checkpoints = 0 }, { $0.memory = [] }, { $0.old = [] },
            { $0.absent = [] }, { $0.topology = .line },
            { $0.network.bandwidth = 0 }, { $0.network.pieces = 1 },
            { $0.network.capacity = 65_536 }, { $0.network.jitter = 0 },
            { $0.network.delay = 5 }, { $0.limits = Script.Limits() },
            { $0.limits.foldDelay = 0 }, { $0.limits.saveDelay = 0 },
        ]
        for change in plain {
            var candidate = script
            change(&candidate)
            _ = take(candidate)
        }
    }
}

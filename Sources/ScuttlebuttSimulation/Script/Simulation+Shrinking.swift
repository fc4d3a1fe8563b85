// SPDX-License-Identifier: MIT

/// A broken promise with everything that is needed to see it again.
public struct Failure: Error, Sendable, CustomStringConvertible {
    /// The smallest script that was found to break the same promise.
    public let script: Script
    /// What that script breaks.
    public let violation: Violation
    /// What happens in it, line by line.
    public let log: [String]
    /// How many steps the script had that was found first.
    public let originalStepCount: Int
    /// How many runs the shrinking took.
    public let runCount: Int

    /// What broke, and the script as text; ``Script/init(_:)`` reads it back.
    public var description: String {
        """
        \(violation)
        shrunk from \(originalStepCount) steps to \(script.steps.count) in \(runCount) runs:
        \(script)
        """
    }
}

extension Simulation {
    /// Makes a failing script as small as can be found, and runs it with a log.
    ///
    /// It leaves out steps, then peers and faults of the network, as long as the same promise is
    /// broken. What is left depends on nothing but the script.
    ///
    /// - Parameter budget: How many runs it may take.
    /// - Returns: `nil` when the script breaks no promise.
    public func shrink<Program: SimulatedProgram>(
        _ script: Script, _ program: Program, budget: Int = 1_000
    ) -> Failure? {
        guard let violation = run(script, program).violation else { return nil }
        var shrinker = Shrinker(script, violation.promise, budget: budget) { candidate in
            var simulation = self
            (simulation.keepsLog, simulation.sampleMilliseconds) = (false, 0)
            return simulation.run(candidate, program).violation
        }
        shrinker.shrink(violation)
        var simulation = self
        simulation.keepsLog = true
        let outcome = simulation.run(shrinker.script, program)
        guard let last = outcome.violation else { return nil }
        return Failure(
            script: shrinker.script, violation: last, log: outcome.log,
            originalStepCount: script.steps.count, runCount: shrinker.runCount)
    }

    /// Makes a failing script of the built-in program as small as can be found.
    public func shrink(_ script: Script, budget: Int = 1_000) -> Failure? {
        shrink(script, Simulation.checksum, budget: budget)
    }
}

/// Looks for a smaller script that breaks the same promise.
///
/// - SeeAlso: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
private struct Shrinker {
    private(set) var script: Script
    private(set) var runCount = 0
    private let promise: Violation.Promise
    private let budget: Int
    private let check: (Script) -> Violation?

    init(
        _ script: Script, _ promise: Violation.Promise, budget: Int,
        _ check: @escaping (Script) -> Violation?
    ) {
        self.script = script
        self.promise = promise
        self.budget = budget
        self.check = check
    }

    /// Keeps a candidate if it still fails.
    private mutating func take(_ candidate: Script) -> Bool {
        guard runCount < budget, candidate != script else { return false }
        runCount += 1
        guard check(candidate)?.promise == promise else { return false }
        script = candidate
        return true
    }

    mutating func shrink(_ violation: Violation) {
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

    /// Leaves out peers from the end; what was done to them is done no more.
    private mutating func dropPeers() {
        while script.peers > 1 {
            var candidate = script
            candidate.peers -= 1
            let last = candidate.peers
            candidate.steps.removeAll { step in
                if case .partition = step.deed { return false }
                return step.deed.peers.contains(last)
            }
            for index in candidate.steps.indices {
                guard case .partition(let groups, let isSilent) = candidate.steps[index].deed
                else { continue }
                candidate.steps[index].deed = .partition(
                    groups.map { $0.filter { $0 != last } }, isSilent: isSilent)
            }
            candidate.forgetful.removeAll { $0 == last }
            candidate.old.removeAll { $0 == last }
            candidate.absent.removeAll { $0 == last }
            guard take(candidate) else { return }
        }
    }

    /// Tries each setting at its plainest.
    private mutating func simplify() {
        let plain: [(inout Script) -> Void] = [
            { $0.verifies = false }, { $0.hasOddNames = false }, { $0.forgetful = [] },
            { $0.old = [] }, { $0.absent = [] }, { $0.topology = .line },
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

// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// The totals of many runs.
struct SimulationTally {
    private(set) var seeds = 0
    private var failed: [UInt64] = []
    private var (actions, events, bytes) = (0, 0, 0)
    private var slowest: Int64 = 0
    private let start = ContinuousClock.now
    private var shown = ContinuousClock.now

    mutating func add(_ outcome: Outcome) {
        seeds += 1
        actions += outcome.figures.actions
        events += outcome.eventCount
        bytes += outcome.figures.bytes
        slowest = max(slowest, outcome.convergence ?? 0)
        if outcome.violation != nil { failed.append(outcome.script.seed) }
    }

    /// Shows the progress on a terminal, a few times per second.
    mutating func showProgress(of count: Int) {
        let now = ContinuousClock.now
        guard now - shown > .milliseconds(100) else { return }
        shown = now
        StandardError.shared.progress(
            "\(seeds) of \(count) seeds, \(rate(seeds)) per second, \(failed.count) failed")
    }

    /// Prints the summary.
    ///
    /// - Throws: ``CommandError`` if any promise was broken.
    func finish(_ setting: String, first: UInt64, json: Bool) throws {
        if json { try StandardOutput.shared.writeNow(summary + [0x0A]) }
        let range =
            seeds == 1 ? "seed \(first)" : "seeds \(first) to \(first &+ UInt64(seeds) &- 1)"
        let text =
            "\(range) (\(setting)): \(rate(seeds)) seeds and \(rate(actions)) actions per second, "
            + "\(events) events, \(bytes) bytes sent; the slowest swarm converged "
            + "\(slowest / 1_000) ms (simulated) after its last fault"
        guard failed.isEmpty else {
            let names = failed.prefix(20).map { "\($0)" }.joined(separator: ", ")
            throw CommandError(
                "\(failed.count) of \(seeds) seeds broke a promise: \(names)"
                    + (failed.count > 20 ? ", …" : "") + "\n\(text)",
                code: CommandError.checkFailed)
        }
        if !json { StandardError.shared.note("\(text)\nall promises kept") }
    }

    private var milliseconds: Int {
        max(Int((ContinuousClock.now - start) / .milliseconds(1)), 1)
    }

    private func rate(_ count: Int) -> Int {
        let (product, isOver) = count.multipliedReportingOverflow(by: 1_000)
        return isOver ? count / max(milliseconds / 1_000, 1) : product / milliseconds
    }

    private var summary: [UInt8] {
        let numbers = [
            ("seeds", seeds), ("failures", failed.count), ("actions", actions),
            ("events", events), ("bytes", bytes),
            ("slowestConvergenceMilliseconds", Int(slowest / 1_000)),
            ("elapsedMilliseconds", milliseconds), ("actionsPerSecond", rate(actions)),
        ]
        return Answer.object([
            ("summary", Answer.object(numbers.map { ($0.0, Array("\($0.1)".utf8)) }))
        ])
    }
}

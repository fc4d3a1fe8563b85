// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// What many runs add up to.
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

    /// Shows on a terminal how far it is, a few times a second.
    mutating func showProgress(of count: Int) {
        let now = ContinuousClock.now
        guard now - shown > .milliseconds(100) else { return }
        shown = now
        StandardError.shared.progress(
            "\(seeds) of \(count) seeds, \(rate(seeds)) a second, \(failed.count) failed")
    }

    /// Prints the summary.
    ///
    /// - Throws: ``CommandFailure`` when promises were broken.
    func finish(_ setting: String, first: UInt64, json: Bool) throws {
        if json { try StandardOutput.shared.writeNow(summary + [0x0A]) }
        let range =
            seeds == 1 ? "Seed \(first)" : "Seeds \(first) to \(first &+ UInt64(seeds) &- 1)"
        let text =
            "\(range); \(setting). \(rate(seeds)) seeds and \(rate(actions)) actions a second, "
            + "\(events) events, \(bytes) bytes sent; the slowest swarm was level "
            + "\(slowest / 1_000) simulated ms after its last fault."
        guard failed.isEmpty else {
            let names = failed.prefix(20).map { "\($0)" }.joined(separator: ", ")
            throw CommandFailure(
                "\(text)\n\(failed.count) of \(seeds) broke a promise: \(names)"
                    + (failed.count > 20 ? ", …" : ""), code: CommandFailure.checkFailed)
        }
        if !json { StandardError.shared.note("\(text)\nAll promises were kept in all of them.") }
    }

    private var milliseconds: Int {
        let time = (ContinuousClock.now - start).components
        return max(Int(time.seconds) * 1_000 + Int(time.attoseconds / 1_000_000_000_000_000), 1)
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

// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// Prints a run: events and JSON to stdout, everything else to stderr.
struct SimulationReport {
    /// The options that replay the run.
    let replay: String
    let json: Bool

    private var command: String { "scuttlebutt simulate \(replay)" }

    /// Prints all events, followed by a digest that is equal for equal runs.
    func print(log outcome: Outcome) throws {
        for start in stride(from: 0, to: outcome.log.count, by: 4_096) {
            try Task.checkCancellation()
            var bytes: [UInt8] = []
            for line in outcome.log[start..<min(start + 4_096, outcome.log.count)] {
                bytes += json ? SimulationReport.event(line) : Array(line.utf8)
                bytes.append(0x0A)
            }
            try StandardOutput.shared.writeNow(bytes)
        }
        if json { return try print(seed: outcome) }
        let last =
            "-- \(outcome.eventCount) events, digest \(SimulationReport.hexadecimal(outcome))\n"
        try StandardOutput.shared.writeNow(Array(last.utf8))
    }

    /// Prints the outcome of a seed as JSON.
    func print(seed outcome: Outcome, _ failure: SimulationError? = nil) throws {
        try StandardOutput.shared.writeNow(object(outcome, failure) + [0x0A])
    }

    /// Prints a broken promise with everything needed to reproduce it.
    func print(failure outcome: Outcome, _ failure: SimulationError?) throws {
        if json { try print(seed: outcome, failure) }
        guard let violation = outcome.violation else { return }
        StandardError.shared.note(
            """
            seed \(outcome.script.seed) failed: \(violation)
            scuttlebutt \(ScuttlebuttCommand.version), \(SourceCommit.found.text)
            replay with:  \(command)
            """)
        guard let failure else { return }
        StandardError.shared.note(
            """
            smallest script found that breaks the same promise, reduced from \
            \(failure.originalStepCount) steps; save it to a file and run it with --scenario FILE:

            # \(failure.violation)
            \(failure.script)
            """)
    }

    /// A summary of a run for people.
    func text(_ outcome: Outcome) -> String {
        let figures = outcome.figures
        let convergence = outcome.convergence.map {
            ", converged \($0 / 1_000) ms after the last fault"
        }
        return "all promises kept: \(figures.dispatched) actions written, \(figures.accepted) "
            + "accepted, \(figures.bytes) bytes sent, \(outcome.time / 1_000) ms simulated"
            + (convergence ?? "")
    }

    // MARK: JSON

    private func object(_ outcome: Outcome, _ failure: SimulationError?) -> [UInt8] {
        let (script, figures) = (outcome.script, outcome.figures)
        var members: [(String, [UInt8])] = [
            ("seed", number(script.seed)), ("ok", Array("\(outcome.violation == nil)".utf8)),
            ("peers", number(script.peers)),
            ("topology", Answer.string(script.topology.rawValue)),
            ("steps", number(script.steps.count)), ("dispatched", number(figures.dispatched)),
            ("accepted", number(figures.accepted)), ("lines", number(figures.lines)),
            ("bytes", number(figures.bytes)), ("connections", number(figures.connections)),
            ("events", number(outcome.eventCount)),
            ("milliseconds", number(outcome.time / 1_000)),
            (
                "convergenceMilliseconds",
                outcome.convergence.map { number($0 / 1_000) } ?? Answer.null
            ),
            ("digest", Answer.string(SimulationReport.hexadecimal(outcome))),
        ]
        if let violation = outcome.violation {
            members += [
                ("promise", Answer.string(violation.promise.rawValue)),
                ("message", Answer.string(violation.message)),
                ("failedAtMilliseconds", number(violation.time / 1_000)),
                ("version", Answer.string(ScuttlebuttCommand.version)),
                ("commit", SourceCommit.found.name.map(Answer.string) ?? Answer.null),
                ("replay", Answer.string(command)),
            ]
        }
        if let failure {
            members.append(("script", Answer.string(failure.script.description)))
        }
        return Answer.object(members)
    }

    private func number(_ value: some BinaryInteger) -> [UInt8] { Array("\(value)".utf8) }

    /// A line of the log, which starts with its time in milliseconds, as JSON.
    private static func event(_ line: String) -> [UInt8] {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        return Answer.object([
            ("milliseconds", Array(parts[0].utf8)),
            ("event", Answer.string(parts.count > 1 ? String(parts[1]) : "")),
        ])
    }

    private static func hexadecimal(_ outcome: Outcome) -> String {
        let digits = String(outcome.digest, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

// SPDX-License-Identifier: MIT

/// A broken promise, with everything needed to reproduce it.
public struct SimulationError: Error, Sendable, CustomStringConvertible {
    /// The smallest script found that breaks the same promise.
    public let script: Script
    /// The promise that the script breaks.
    public let violation: BrokenPromiseError
    /// What happens in the run, line by line.
    public let log: [String]
    /// The number of steps in the original script.
    public let originalStepCount: Int
    /// The number of runs that shrinking took.
    public let runCount: Int

    /// The broken promise and the script as text, which ``Script/init(_:)`` parses.
    public var description: String {
        """
        \(violation)
        shrunk from \(originalStepCount) steps to \(script.steps.count) in \(runCount) runs:
        \(script)
        """
    }
}

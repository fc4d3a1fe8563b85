// SPDX-License-Identifier: MIT

/// Where commands come from: a pipe or a file, or a person at a terminal.
protocol LineSource: Sendable {
    /// Returns the next line; `nil` at the end or when the task is cancelled.
    func next() async -> CommandInput.Line?
}

extension CommandInput: LineSource {}

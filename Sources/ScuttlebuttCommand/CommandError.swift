// SPDX-License-Identifier: MIT

/// An error that ends the process: one line for people, and the exit code.
struct CommandError: Error {
    /// A check failed.
    static let checkFailed: Int32 = 1
    /// Wrong usage or bad input.
    static let badInput: Int32 = 2
    /// No peer could be reached.
    static let unreachable: Int32 = 3

    let message: String
    let code: Int32

    init(_ message: String, code: Int32 = badInput) {
        self.message = message
        self.code = code
    }
}

/// The reader of our output has closed it, so no further answer can be delivered.
struct OutputClosedError: Error {}

/// Thrown if no subcommand is given; its message is the help.
struct MissingSubcommandError: Error {}

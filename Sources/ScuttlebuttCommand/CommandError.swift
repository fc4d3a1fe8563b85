// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

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

/// The message and exit code for an error that is not a usage error.
struct ExitStatus {
    let message: String?
    let code: Int32

    /// Returns `nil` for errors thrown by the argument parser.
    init?(_ error: any Error) {
        switch error {
        case is CancellationError, is OutputClosedError:
            message = nil
            code = 0
        case let failure as CommandError:
            message = failure.message
            code = failure.code
        case let error as LinkError:
            let isAway =
                error.code == .unreachable || error.code == .lost || error.code == .timedOut
            message = error.message
            code = isAway ? CommandError.unreachable : CommandError.badInput
        case let error as StorageError:
            message = error.message
            code = CommandError.badInput
        default:
            return nil
        }
    }
}

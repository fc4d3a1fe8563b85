// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// Why a verb cannot go on: one line for people, and the exit code.
struct CommandFailure: Error {
    /// A check failed.
    static let checkFailed: Int32 = 1
    /// Wrong usage or bad input.
    static let badInput: Int32 = 2
    /// Nobody could be reached.
    static let unreachable: Int32 = 3

    let message: String
    let code: Int32

    init(_ message: String, code: Int32 = badInput) {
        self.message = message
        self.code = code
    }
}

/// Whoever read our output has closed it: there is nobody left to answer.
struct OutputClosed: Error {}

/// How the process ends after an error that is not one of usage.
struct Ending {
    let message: String?
    let code: Int32

    /// `nil` for what the argument parser has thrown.
    init?(_ error: any Error) {
        switch error {
        case is CancellationError, is OutputClosed:
            message = nil
            code = 0
        case let failure as CommandFailure:
            message = failure.message
            code = failure.code
        case let error as LinkError:
            let isAway =
                error.code == .unreachable || error.code == .lost || error.code == .timedOut
            message = error.message
            code = isAway ? CommandFailure.unreachable : CommandFailure.badInput
        case let error as StorageError:
            message = error.message
            code = CommandFailure.badInput
        default:
            return nil
        }
    }
}

// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRuntime

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
        case is MissingSubcommandError:
            message = ScuttlebuttCommand.helpMessage()
            code = CommandError.badInput
        case let failure as CommandError:
            message = "error: \(failure.message)"
            code = failure.code
        case let error as LinkError:
            let isAway =
                error.code == .unreachable || error.code == .lost || error.code == .timedOut
            message = "error: \(error.message)"
            code = isAway ? CommandError.unreachable : CommandError.badInput
        case let error as StorageError:
            message = "error: \(error.message)"
            code = CommandError.badInput
        default:
            return nil
        }
    }
}

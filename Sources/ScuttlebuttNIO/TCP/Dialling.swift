// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import ScuttlebuttRuntime

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What all dialling and listening has in common: errors for people.
enum Dialling {
    /// Runs `dial` and turns its failure into a ``LinkError``.
    static func perform<Value>(
        _ name: String, _ limits: LinkLimits, _ dial: () async throws -> Value
    ) async throws -> Value {
        do {
            try Task.checkCancellation()
            return try await dial()
        } catch let error as LinkError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw LinkError(
                .unreachable, "Cannot reach \(name): \(reason(error)). Is the peer running?")
        }
    }

    /// The failure to listen on `host` and `port`.
    static func cannotListen(_ host: String, _ port: Int, _ error: any Error) -> LinkError {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE {
            return LinkError(
                .addressInUse, "Port \(port) of \(host) is in use; choose another (0 means any).")
        }
        return LinkError(.badAddress, "Cannot listen on \(host):\(port): \(reason(error)).")
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "the name \(error.host) is not known"
        case let error as IOError:
            return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout:
            return "nobody answered in time"
        case ChannelError.eof:
            return "it closed the connection while we dialled"
        default:
            return "\(error)"
        }
    }
}

// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import NIOSSL
package import ScuttlebuttRuntime

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Turns the failures of dialling and listening into errors for people.
package enum Dialling {
    /// Runs `dial` and converts its failure to a `LinkError`.
    static func perform<Value>(
        _ name: String, _ dial: () async throws -> Value
    ) async throws -> Value {
        do {
            try Task.checkCancellation()
            return try await dial()
        } catch let error as LinkError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            if let number = number(of: error), FileCause.isExhaustion(number) {
                // It is not the peer's fault.
                throw LinkError(
                    .unreachable,
                    "cannot reach \(name): \(FileCause.describe(number, path: ""))")
            }
            throw LinkError(
                .unreachable, "cannot reach \(name): \(reason(error)); is the peer running?")
        }
    }

    /// Converts a failure to listen on `host` and `port`.
    package static func cannotListen(
        _ host: String, _ port: Int, _ error: any Error
    ) -> LinkError {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE {
            return LinkError(
                .addressInUse,
                "cannot listen on \(host):\(port): the address is in use; stop the other program "
                    + "or use another port (0 picks a free one)")
        }
        let cause: String
        switch number(of: error) {
        case EACCES, EPERM:
            cause = "no permission; use a port above 1023, or run as a user who may use it"
        case EADDRNOTAVAIL:
            cause = "it is not an address of this machine; use one that is, or 0.0.0.0 for all"
        case let number? where FileCause.isExhaustion(number):
            cause = FileCause.describe(number, path: "")
        default:
            cause = reason(error)
        }
        return LinkError(.badAddress, "cannot listen on \(host):\(port): \(cause)")
    }

    /// The error number of a failed system call.
    private static func number(of error: any Error) -> CInt? {
        if let error = error as? NIOConnectionError {
            return error.connectionErrors.first.flatMap { number(of: $0.error) }
        }
        return (error as? IOError)?.errnoCode
    }

    /// A peer's words for a message to people: one line of at most 200 characters.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(200).map {
                    $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
                }))
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "unknown host \(error.host)"
        case let error as IOError:
            return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout:
            return "timed out"
        case ChannelError.eof:
            return "it closed the connection during the handshake"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is for another name"
        case NIOSSLError.handshakeFailed(let failure):
            let text = "\(failure)"
            return text.contains("CERTIFICATE_VERIFY_FAILED")
                ? "its certificate is not trusted: it is signed by an unknown authority, or expired"
                : "TLS failed: \(text)"
        default:
            return "\(error)"
        }
    }
}

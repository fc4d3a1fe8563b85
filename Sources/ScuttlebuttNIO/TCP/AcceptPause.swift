// SPDX-License-Identifier: MIT

package import NIOCore
import ScuttlebuttRuntime

/// Pauses accepting while the process or the system has no room for another connection.
///
/// A connection that cannot be accepted stays in the kernel's queue, and its socket stays readable:
/// without a pause, the event loop would try again at full speed and keep a core busy until some
/// connection ends.
package enum AcceptPause {
    /// How long to wait before accepting again: one second.
    static let length = TimeAmount.seconds(1)
    /// For how long accepting must have worked before another pause is reported: one minute.
    static let silence = TimeAmount.seconds(60)

    /// Adds the pause to a listening channel; called on its event loop.
    ///
    /// - Parameter report: Receives a message for people when accepting pauses, once for as long as
    ///   connections keep failing.
    package static func install(
        on channel: any Channel, report: (@Sendable (String) -> Void)?
    ) throws {
        var last: NIODeadline?
        // The error is not passed on: it would end the sequence of accepted connections.
        let handler = AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { error in
            let cause = FileCause.describe(error.errnoCode, path: "")
            // A client that has gone needs no pause.
            guard FileCause.isExhaustion(error.errnoCode) else { return nil }
            let now = NIODeadline.now()
            if last.map({ now - $0 > silence }) ?? true {
                report?("cannot accept more connections until others end: \(cause)")
            }
            last = now
            return length
        }
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }
}

// SPDX-License-Identifier: MIT

package import NIOCore
import ScuttlebuttRuntime

/// Pauses accepting while the process or the system has no room for another connection.
///
/// A connection that cannot be accepted stays in the kernel's queue, and its socket stays readable:
/// without a pause, the event loop would try again at full speed and keep a core busy until some
/// connection ends.
///
/// NIO's `AcceptBackoffHandler` delays only the next `read`. If nothing was accepted before the
/// error, the last one is still pending, and the channel goes on trying (NIO 2.101.2). This handler
/// also takes the channel out of the selector.
package final class AcceptPause: ChannelDuplexHandler {
    package typealias InboundIn = Channel
    package typealias InboundOut = Channel
    package typealias OutboundIn = Channel
    package typealias OutboundOut = Channel

    /// How long to wait before accepting again: one second.
    static let length = TimeAmount.seconds(1)
    /// For how long accepting must have worked before another pause is reported: one minute.
    static let silence = TimeAmount.seconds(60)

    private let report: (@Sendable (String) -> Void)?
    private var lastPause: NIODeadline?
    private var isPaused = false

    private init(_ report: (@Sendable (String) -> Void)?) { self.report = report }

    /// Adds the pause to a listening channel; called on its event loop.
    ///
    /// - Parameter report: Receives a message for people when accepting pauses, once for as long as
    ///   connections keep failing.
    package static func install(
        on channel: any Channel, report: (@Sendable (String) -> Void)?
    ) throws {
        try channel.pipeline.syncOperations.addHandler(AcceptPause(report), position: .first)
    }

    package func read(context: ChannelHandlerContext) {
        // The pause ends with a read of its own.
        if !isPaused { context.read() }
    }

    /// An error with a connection is not passed on: it would end the sequence of accepted ones.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        // A client that has gone needs no pause.
        guard FileCause.isExhaustion(error.errnoCode), !isPaused else { return }
        let now = context.eventLoop.now
        if lastPause.map({ now - $0 > Self.silence }) ?? true {
            let cause = FileCause.describe(error.errnoCode, path: "")
            report?("cannot accept more connections until others end: \(cause)")
        }
        lastPause = now
        pause(context)
    }

    private func pause(_ context: ChannelHandlerContext) {
        guard let options = context.channel.syncOptions,
            let readsByItself = try? options.getOption(.autoRead)
        else { return }
        isPaused = true
        // Switching it off takes the channel out of the selector, but only if it was on.
        if !readsByItself { try? options.setOption(.autoRead, value: true) }
        try? options.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.length) {
            self.isPaused = false
            guard context.channel.isActive else { return }
            if readsByItself {
                try? context.channel.syncOptions?.setOption(.autoRead, value: true)
            } else {
                context.read()
            }
        }
    }
}

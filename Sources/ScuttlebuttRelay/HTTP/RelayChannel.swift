// SPDX-License-Identifier: MIT

import HummingbirdCore
import Logging
import NIOCore
import ScuttlebuttNIO
import ScuttlebuttRuntime

/// A connection accepted on the HTTP port: HTTP requests, until one of them opens a WebSocket.
struct RelayChannel: ServerChildChannel {
    /// Ends with the connection, or when it has become a link.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let served: EventLoopFuture<Void>
    }

    let limits: LinkLimits
    let timings: PrimusTimings
    let idleTimeout: Duration
    let base: String
    let trust: ProxyTrust
    let quota: ConnectionQuota?
    let pages: PageResponder
    /// Takes over a link and returns immediately.
    let accept: @Sendable (any Link, LinkKind) -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
            let served = channel.eventLoop.makePromise(of: Void.self)
            let (pages, accept) = (pages, accept)
            var entrance = HTTPEntrance.Configuration {
                pages.respond($0, $1)
            } accept: { link, dialect in
                accept(link, dialect.isPrimus ? .primus : .websocket)
                served.succeed()
            }
            entrance.limits = limits
            entrance.timings = timings
            entrance.idleTimeout = TimeAmount(idleTimeout)
            entrance.base = base
            entrance.trust = trust
            entrance.quota = quota
            try HTTPEntrance.install(on: channel, entrance)
            channel.closeFuture.whenComplete { _ in served.succeed() }
            return Value(channel: channel, served: served.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            try? await value.served.get()
        } onCancel: {
            // A silent connection must not keep the relay from shutting down.
            value.channel.close(promise: nil)
        }
    }
}

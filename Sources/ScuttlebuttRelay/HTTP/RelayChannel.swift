// SPDX-License-Identifier: MIT

import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import ScuttlebuttNIO
import ScuttlebuttRuntime

/// A connection accepted on the HTTP port: a WebSocket at `/ws` or `/primus…`, or HTTP requests.
struct RelayChannel: ServerChildChannel {
    enum Upgrade: Sendable {
        case link(any Link, LinkKind)
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    }

    struct Value: ServerChildChannelValue {
        let upgrade: EventLoopFuture<Upgrade>
        let channel: any Channel
    }

    let http: HTTP1Channel
    let limits: LinkLimits
    let timings: PrimusTimings
    let idleTimeout: Duration
    /// Takes over a link and returns immediately.
    let accept: @Sendable (any Link, LinkKind) -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
            // Covers the time from the first byte to the upgrade or the end of the first request
            // head.
            try WebSocketServerLink.startUpgradeTimeout(on: channel, limits: limits)
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture { try serve(channel, logger) }
                    }))
            configuration.enablePipelining = false
            return Value(
                upgrade: try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                    configuration: configuration),
                channel: channel)
        }
    }

    private var upgrader: NIOTypedWebSocketServerUpgrader<Upgrade> {
        NIOTypedWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let isKnown = WebSocketDialect(requestTarget: head.uri) != nil
                return channel.eventLoop.makeSucceededFuture(isKnown ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    var dialect = WebSocketDialect(requestTarget: head.uri) ?? .plain
                    let isPrimus = dialect != .plain
                    if isPrimus { dialect = .primus(timings) }
                    let link = try WebSocketServerLink.configure(
                        channel: channel, dialect: dialect, limits: limits)
                    return .link(link, isPrimus ? .primus : .websocket)
                }
            })
    }

    private func serve(_ channel: any Channel, _ logger: Logger) throws -> Upgrade {
        WebSocketServerLink.endUpgradeTimeout(on: channel)
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)))
    }

    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        do {
            let upgrade = try await withTaskCancellationHandler {
                try await value.upgrade.get()
            } onCancel: {
                // A silent connection must not keep the relay from shutting down.
                channel.close(promise: nil)
            }
            switch upgrade {
            case .link(let link, let kind): accept(link, kind)
            case .http(let requests): await http.handleHTTP(asyncChannel: requests, logger: logger)
            }
        } catch {
            logger.debug("connection ended", metadata: ["relay.error": "\(error)"])
        }
    }
}

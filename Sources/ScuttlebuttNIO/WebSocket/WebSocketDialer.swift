// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import ScuttlebuttRuntime

/// Dials over HTTP, with or without TLS, for WebSocket and Primus clients.
struct WebSocketDialer: Sendable {
    let address: PeerAddress
    let limits: LinkLimits
    let group: any EventLoopGroup
    let headers: HTTPHeaders
    let tls: NIOSSLContext?

    init(
        _ address: PeerAddress, limits: LinkLimits, group: any EventLoopGroup,
        settings: DialSettings
    ) throws {
        self.address = address
        self.limits = limits
        self.group = group
        headers = settings.headers
        guard address.scheme.isSecure else {
            self.tls = nil
            return
        }
        var configuration = settings.tls ?? .makeClientConfiguration()
        // Some proxies route by it, and would otherwise choose HTTP/2.
        if configuration.applicationProtocols.isEmpty {
            configuration.applicationProtocols = ["http/1.1"]
        }
        do {
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw LinkError(.badAddress, "cannot set up TLS for \(address.name): \(error)")
        }
    }

    /// Connects, upgrades at `target`, and returns the link.
    ///
    /// - Parameters:
    ///   - form: What a message holds if messages are compressed.
    ///   - uncompressed: The encoder if they are not.
    ///   - framing: Makes the framing; its argument is whether messages may be compressed.
    func connect(
        target: String, name: String, form: CompressingEncoder.Form,
        uncompressed: @escaping LineEncoder, framing: @escaping @Sendable (Bool) -> any Framing
    ) async throws -> any Link {
        let limits = self.limits
        return try await Dialling.perform(name) {
            let upgraded = try await open { channel in
                try upgrade(channel, target: target) { channel, compression in
                    let encoder = compression.map { compression in
                        CompressingEncoder(
                            form, isClient: true, compression,
                            threshold: limits.compressionThreshold, uncompressed: uncompressed
                        ).encoder
                    }
                    return try ChannelLink.install(
                        on: channel,
                        position: .before(
                            try channel.pipeline.syncOperations.handler(
                                type: WebSocketFrameEncoder.self)),
                        framing: framing(compression != nil), encoder: encoder ?? uncompressed,
                        limits: limits, name: name)
                }
            }
            return try await upgraded.get()
        }
    }

    /// Connects, adds TLS if needed, and calls `setUp` on the event loop to add the rest.
    ///
    /// `setUp` returns a future that completes when the channel is ready. If it is not ready within
    /// the connect timeout, the channel is closed.
    func open<Value: Sendable>(
        _ setUp: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Value>
    ) async throws -> EventLoopFuture<Value> {
        let (limits, tls, host) = (self.limits, self.tls, address.host)
        return try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(limits.connectTimeout)
            .connect(host: host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: tls, serverHostname: Self.isAddress(host) ? nil : host))
                    }
                    let promise = channel.eventLoop.makePromise(of: Value.self)
                    // Cleared when it is settled, because what outlives the upgrade must not retain
                    // the link.
                    let attempt = NIOLoopBoundBox(Optional(promise), eventLoop: channel.eventLoop)
                    let settle: @Sendable (Result<Value, any Error>) -> Void = { result in
                        guard let promise = attempt.value else { return }
                        attempt.value = nil
                        promise.completeWith(result)
                        if case .failure = result { channel.close(promise: nil) }
                    }
                    try setUp(channel).whenComplete(settle)
                    // Not every failure of TLS or HTTP reaches the future returned by `setUp`.
                    try channel.pipeline.syncOperations.addHandler(
                        FirstErrorHandler { settle(.failure($0)) })
                    channel.closeFuture.whenComplete { _ in settle(.failure(ChannelError.eof)) }
                    let alarm = channel.eventLoop.scheduleTask(in: limits.connectTimeout) {
                        settle(.failure(ChannelError.connectTimeout(limits.connectTimeout)))
                    }
                    promise.futureResult.whenComplete { _ in alarm.cancel() }
                    return promise.futureResult
                }
            }
    }

    private func upgrade(
        _ channel: any Channel, target: String,
        install: @escaping @Sendable (any Channel, WebSocketCompression?) throws -> ChannelLink
    ) throws -> EventLoopFuture<ChannelLink> {
        let answer = NIOLoopBound(UpgradeAnswer(), eventLoop: channel.eventLoop)
        let server = address.authority
        let offersCompression = limits.allowsCompression
        let upgrader = NIOTypedWebSocketClientUpgrader<ChannelLink>(
            enableAutomaticErrorHandling: false,
            upgradePipelineHandler: { channel, answer in
                channel.eventLoop.makeCompletedFuture {
                    let compression = try WebSocketCompression.agreed(
                        answer.headers[WebSocketCompression.headerName],
                        isOffered: offersCompression)
                    return try install(channel, compression)
                }
            })
        var headers = address.upgradeHeaders(self.headers)
        if offersCompression {
            headers.add(name: WebSocketCompression.headerName, value: WebSocketCompression.offer)
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: HTTPRequestHead(
                    version: .http1_1, method: .GET, uri: target, headers: headers),
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeFailedFuture(
                        // The query may be a secret.
                        answer.value.refusal(by: server, at: String(target.prefix { $0 != "?" })))
                }))
        // The server sends frames immediately. They may arrive in one packet with its response, in
        // which case NIO would drop them by default.
        configuration.leftOverBytesStrategy = .forwardBytes
        let pipeline = channel.pipeline.syncOperations
        let upgraded = try pipeline.configureUpgradableHTTPClientPipeline(
            configuration: configuration)
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        try pipeline.addHandler(answer.value, position: .after(decoder))
        return upgraded
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }
}

/// Reports an error that no other handler consumed, and the end of the peer's input.
private final class FirstErrorHandler: ChannelInboundHandler {
    typealias InboundIn = Any

    private let report: (any Error) -> Void

    init(_ report: @escaping (any Error) -> Void) { self.report = report }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { report(error) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Half-closure is enabled for the link. Before the link is installed, a half-closed
        // connection is a failure.
        if case ChannelEvent.inputClosed = event { report(ChannelError.eof) }
        context.fireUserInboundEventTriggered(event)
    }
}

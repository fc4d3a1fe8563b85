// SPDX-License-Identifier: MIT

public import NIOCore
import NIOHTTP1
public import NIOPosix
public import NIOSSL
import NIOWebSocket
public import ScuttlebuttRuntime

/// Accepts WebSockets at `/ws` and `/primus` without another HTTP server.
///
/// It is meant for tests and for peers that serve no pages. The relay uses ``WebSocketServerLink``
/// in its own HTTP server instead.
public final class WebSocketListener: LinkListener {
    /// The bound address, `host:port`.
    public let address: String
    /// The bound port, even if port 0 was requested.
    public let port: Int
    private let channel: any Channel
    private let queue: AcceptQueue

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - host: The address to bind; the default is reachable from this machine only.
    ///   - port: The port to bind; 0 picks a free port.
    ///   - tls: A TLS configuration to serve `wss` and `https`.
    ///   - timings: The heartbeat timings of Primus.
    ///   - limits: The limits of each accepted link.
    ///   - group: The event loops to run connections on.
    /// - Throws: `LinkError` `.addressInUse`, or `.badAddress` if the address cannot be bound or
    ///   the TLS configuration is invalid.
    public static func listen(
        host: String = "127.0.0.1", port: Int = 0, tls: TLSConfiguration? = nil,
        timings: PrimusTimings = PrimusTimings(), limits: LinkLimits = LinkLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> WebSocketListener {
        let queue = AcceptQueue()
        let context: NIOSSLContext?
        do {
            context = try tls.map { try NIOSSLContext(configuration: $0) }
        } catch {
            throw LinkError(.badAddress, "cannot set up TLS: \(error)")
        }
        let channel = try await Listening.bind(host: host, port: port, group: group) { channel in
            if let context {
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLServerHandler(context: context))
            }
            try WebSocketServerLink.startUpgradeTimeout(on: channel, limits: limits)
            try configure(channel, queue, timings, limits)
        }
        return WebSocketListener(channel, queue)
    }

    private init(_ channel: any Channel, _ queue: AcceptQueue) {
        self.channel = channel
        self.queue = queue
        address = channel.localAddress.text
        port = channel.localAddress?.port ?? 0
    }

    deinit {
        channel.close(promise: nil)
        queue.close()
    }

    /// Returns the next accepted link, or `nil` once the listener is closed.
    public func accept() async -> (any Link)? { await queue.next() }

    /// Stops accepting.
    ///
    /// Links that were already accepted stay open.
    public func close() async {
        try? await channel.close()
        queue.close()
    }

    private static func configure(
        _ channel: any Channel, _ queue: AcceptQueue, _ timings: PrimusTimings, _ limits: LinkLimits
    ) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let isKnown = WebSocketDialect(requestTarget: head.uri) != nil
                return channel.eventLoop.makeSucceededFuture(isKnown ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard var dialect = WebSocketDialect(requestTarget: head.uri) else { return }
                    if case .primus = dialect { dialect = .primus(timings) }
                    let link = try WebSocketServerLink.configure(
                        channel: channel, dialect: dialect, limits: limits)
                    _ = queue.offer(link)
                }
            })
        var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            PlainAnswerHandler(timings: timings))
                    }
                }))
        configuration.enablePipelining = false
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: configuration)
        try WebSocketServerLink.removeUnsupportedUpgrades(on: channel)
    }
}

/// Answers requests that are not upgrades: with the Primus specification, with 426 at the path of a
/// WebSocket, and with 404 otherwise.
private final class PlainAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let timings: PrimusTimings
    private var hasAnswered = false

    init(timings: PrimusTimings) { self.timings = timings }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let request) = unwrapInboundIn(data), !hasAnswered else { return }
        hasAnswered = true
        var headers = HTTPHeaders([("Connection", "close")])
        let status: HTTPResponseStatus
        var body = ByteBuffer()
        if request.uri == "/primus/spec" {
            status = .ok
            headers.add(name: "Content-Type", value: "application/json")
            body.writeString(PrimusSpecification.json(timings))
        } else if WebSocketDialect(requestTarget: request.uri) != nil {
            status = .upgradeRequired
            headers.add(name: "Upgrade", value: "websocket")
        } else {
            status = .notFound
        }
        headers.add(name: "Content-Length", value: String(body.readableBytes))
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let channel = context.channel
        let done = context.eventLoop.makePromise(of: Void.self)
        done.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

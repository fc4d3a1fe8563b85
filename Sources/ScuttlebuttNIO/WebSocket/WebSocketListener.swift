// SPDX-License-Identifier: MIT

public import NIOCore
import NIOHTTP1
public import NIOPosix
public import NIOSSL
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
            var entrance = HTTPEntrance.Configuration {
                answer($1, timings)
            } accept: { link, _ in
                _ = queue.offer(link)
            }
            entrance.limits = limits
            entrance.timings = timings
            try HTTPEntrance.install(on: channel, entrance)
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

    /// Answers with the Primus specification, with 426 at the path of a WebSocket, and with 404.
    private static func answer(_ target: String, _ timings: PrimusTimings) -> HTTPAnswer {
        if target == "/primus/spec" {
            return HTTPAnswer(
                .ok, headers: ["Content-Type": "application/json"],
                body: ByteBuffer(string: PrimusSpecification.json(timings)))
        }
        return WebSocketDialect(requestTarget: target) == nil
            ? HTTPAnswer(.notFound, text: "There are no pages here.") : .upgradeRequired
    }
}

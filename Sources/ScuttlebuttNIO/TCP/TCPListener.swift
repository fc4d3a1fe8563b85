// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import ScuttlebuttRuntime

/// Accepts newline-delimited lines over TCP.
public final class TCPListener: LinkListener {
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
    ///   - limits: The limits of each accepted link.
    ///   - group: The event loops to run connections on.
    /// - Throws: `LinkError` `.addressInUse`, or `.badAddress` if the address cannot be bound.
    public static func listen(
        host: String = "127.0.0.1", port: Int = 0, limits: LinkLimits = LinkLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> TCPListener {
        let queue = AcceptQueue()
        return TCPListener(
            try await Listening.bind(host: host, port: port, group: group) { channel in
                let link = try ChannelLink.install(
                    on: channel,
                    framing: LineFraming(maximumLineByteCount: limits.maximumLineByteCount),
                    encoder: LineFraming.encoder, limits: limits,
                    name: "tcp \(channel.remoteAddress.text)")
                _ = queue.offer(link)
            }, queue)
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
}

/// Binds server sockets for all listeners.
enum Listening {
    /// Binds a socket and calls `accept` on the event loop of each accepted channel.
    static func bind(
        host: String, port: Int, group: any EventLoopGroup,
        accept: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        guard (0...65_535).contains(port) else {
            throw LinkError(
                .badAddress, "invalid port \(port): use 0–65535 (0 picks a free port)")
        }
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try accept(channel) }
                }
                .bind(host: host, port: port).get()
        } catch {
            throw Dialling.cannotListen(host, port, error)
        }
    }
}

extension Optional where Wrapped == SocketAddress {
    /// `host:port`, or `[host]:port` for IPv6.
    var text: String {
        guard let address = self, let host = address.ipAddress, let port = address.port else {
            return "unknown"
        }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

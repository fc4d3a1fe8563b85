// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import ScuttlebuttRuntime

/// Accepts newline-delimited lines over TCP.
public final class TCPListener: LinkListener {
    /// The bound address, `host:port`.
    public let address: String
    /// The bound port, also when any was asked for.
    public let port: Int
    private let channel: any Channel
    private let queue: AcceptQueue

    /// Listens at once.
    ///
    /// - Parameters:
    ///   - host: The address to bind; the default is reachable from this machine only.
    ///   - port: 0 for any free one.
    /// - Throws: ``LinkError``: `addressInUse`, or `badAddress` when it cannot be bound.
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

    /// The next accepted link; `nil` once the listener was closed.
    public func accept() async -> (any Link)? { await queue.next() }

    /// Stops accepting; links that were accepted live on.
    public func close() async {
        try? await channel.close()
        queue.close()
    }
}

/// Binding a server socket, for every listener.
enum Listening {
    /// Binds, and runs `accept` on the event loop of each accepted channel.
    static func bind(
        host: String, port: Int, group: any EventLoopGroup,
        accept: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        guard (0...65_535).contains(port) else {
            throw LinkError(.badAddress, "\(port) is no port; choose 0 (any) to 65535.")
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

// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import ScuttlebuttRuntime

/// Dials a peer that sends newline-delimited lines over TCP, as the JavaScript packages do over
/// `net` streams.
public struct TCPTransport: Transport {
    /// The host to dial: a name or an IP address.
    public let host: String
    /// The port to dial, 1 to 65,535.
    public let port: Int
    private let limits: LinkLimits
    private let group: any EventLoopGroup

    /// Creates a transport without dialling.
    public init(
        host: String, port: Int, limits: LinkLimits = LinkLimits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.host = host
        self.port = port
        self.limits = limits
        self.group = group
    }

    /// `tcp://host:port`.
    public var name: String {
        "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Dials once.
    ///
    /// - Throws: `LinkError` `.unreachable` if the peer does not answer within the connect timeout,
    ///   or `.badAddress` if the port is invalid.
    public func connect() async throws -> any Link {
        guard (1...65_535).contains(port) else {
            throw LinkError(.badAddress, "invalid port \(port): use 1–65535")
        }
        let (name, limits) = (self.name, self.limits)
        return try await Dialling.perform(name) {
            try await ClientBootstrap(group: group)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connectTimeout(limits.connectTimeout)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        KeepAlive.tune(channel)
                        return try ChannelLink.install(
                            on: channel,
                            framing: LineFraming(maximumLineByteCount: limits.maximumLineByteCount),
                            encoder: LineFraming.encoder, limits: limits, name: name)
                    }
                }
        }
    }
}

extension Transport where Self == TCPTransport {
    /// Dials `host` and `port` and exchanges lines over TCP.
    public static func tcp(host: String, port: Int) -> TCPTransport {
        TCPTransport(host: host, port: port)
    }
}

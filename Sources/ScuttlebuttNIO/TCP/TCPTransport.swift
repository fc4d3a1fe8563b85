// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOPosix
public import ScuttlebuttRuntime

/// Dials newline-delimited lines over TCP, the wire of the JavaScript originals' `net` streams.
public struct TCPTransport: Transport {
    /// The host to dial: a name or an address.
    public let host: String
    /// The port to dial, 1 to 65,535.
    public let port: Int
    private let limits: LinkLimits
    private let group: any EventLoopGroup

    /// Makes a transport; nothing is dialled yet.
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
    /// - Throws: ``LinkError``: `unreachable` when nobody answers within the connect time-out,
    ///   `badAddress` when the port is none.
    public func connect() async throws -> any Link {
        guard (1...65_535).contains(port) else {
            throw LinkError(.badAddress, "\(name) has no port from 1 to 65535.")
        }
        let (name, limits) = (self.name, self.limits)
        return try await Dialling.perform(name, limits) {
            try await ClientBootstrap(group: group)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .connectTimeout(limits.connectTimeout)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try ChannelLink.install(
                            on: channel,
                            framing: LineFraming(maximumLineByteCount: limits.maximumLineByteCount),
                            encoder: LineFraming.encoder, limits: limits, name: name)
                    }
                }
        }
    }
}

extension Transport where Self == TCPTransport {
    /// Lines over TCP to `host` and `port`.
    public static func tcp(host: String, port: Int) -> TCPTransport {
        TCPTransport(host: host, port: port)
    }
}

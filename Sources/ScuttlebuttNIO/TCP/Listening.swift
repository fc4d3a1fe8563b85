// SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix
import ScuttlebuttRuntime

/// Binds server sockets for all listeners.
enum Listening {
    /// Binds a socket and calls `accept` on the event loop of each accepted channel.
    ///
    /// `report` is told when accepting pauses; see ``AcceptPause``.
    static func bind(
        host: String, port: Int, group: any EventLoopGroup,
        report: (@Sendable (String) -> Void)? = nil,
        accept: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        guard (0...65_535).contains(port) else {
            throw LinkError(
                .badAddress, "invalid port \(port): use 0–65535, where 0 picks a free port")
        }
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try AcceptPause.install(on: channel, report: report)
                    }
                }
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        KeepAlive.tune(channel)
                        try accept(channel)
                    }
                }
                .bind(host: host, port: port).get()
        } catch {
            throw Dialling.cannotListen(host, port, error)
        }
    }
}

extension Optional where Wrapped == SocketAddress {
    /// `host:port`, or `[host]:port` for IPv6; without a port that is not known.
    var text: String {
        guard let address = self, let host = address.ipAddress, let port = address.port else {
            return "unknown"
        }
        guard port > 0 else { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

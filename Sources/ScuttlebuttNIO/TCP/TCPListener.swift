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
    ///   - trust: Whether connections begin with the PROXY protocol, and whose do.
    ///   - quota: Bounds the links; others are closed.
    ///   - group: The event loops to run connections on.
    ///   - report: Receives a message for people when no more connections can be accepted until
    ///     others end, such as when the process has too many open files.
    /// - Throws: `LinkError` `.addressInUse`, or `.badAddress` if the address cannot be bound.
    public static func listen(
        host: String = "127.0.0.1", port: Int = 0, limits: LinkLimits = LinkLimits(),
        trust: ProxyTrust = ProxyTrust(), quota: ConnectionQuota? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        report: (@Sendable (String) -> Void)? = nil
    ) async throws -> TCPListener {
        let queue = AcceptQueue()
        return TCPListener(
            try await Listening.bind(host: host, port: port, group: group, report: report) {
                channel in
                try ProxyHeaderHandler.await(
                    on: channel, trust: trust, timeout: limits.upgradeTimeout
                ) { channel, source in
                    let place = quota?.take(IPAddress(source), until: channel)
                    guard place == nil || place == .taken else {
                        return channel.close(promise: nil)
                    }
                    let link = try ChannelLink.install(
                        on: channel,
                        framing: LineFraming(maximumLineByteCount: limits.maximumLineByteCount),
                        encoder: LineFraming.encoder, limits: limits, name: "tcp \(source.text)")
                    _ = queue.offer(link)
                }
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

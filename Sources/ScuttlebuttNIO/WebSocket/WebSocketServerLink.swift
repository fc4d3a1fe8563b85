// SPDX-License-Identifier: MIT

public import NIOCore
import NIOWebSocket
public import ScuttlebuttRuntime

/// The server's side of a WebSocket, for any HTTP server on SwiftNIO.
///
/// ``HTTPEntrance`` calls it. In another server, call
/// ``configure(channel:dialect:limits:client:)`` in the `upgradePipelineHandler` of a
/// `NIOTypedWebSocketServerUpgrader` and retain the link it returns. The upgrader's `maxFrameSize`
/// has no effect, because frames never reach NIO's decoder.
public enum WebSocketServerLink {
    /// Turns an upgraded channel into a link.
    ///
    /// Must be called on the channel's event loop.
    ///
    /// The link's handler is placed before NIO's own frame handlers, which then see no traffic.
    /// This allows all peers to share one encoded buffer.
    ///
    /// - Parameter client: The address of the client, if it is not the channel's, for the name of
    ///   the link.
    /// - Throws: An error if the pipeline cannot be changed because the channel has closed.
    public static func configure(
        channel: any Channel, dialect: WebSocketDialect, limits: LinkLimits = LinkLimits(),
        client: String? = nil
    ) throws -> any Link {
        let pipeline = channel.pipeline.syncOperations
        var position = ChannelPipeline.SynchronousOperations.Position.last
        if let encoder = try? pipeline.handler(type: WebSocketFrameEncoder.self) {
            position = .before(encoder)
        }
        // A peer that closes its half early must not look like a lost connection.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let (framing, encoder, kind) = parts(dialect, limits)
        return try ChannelLink.install(
            on: channel, position: position, framing: framing, encoder: encoder, limits: limits,
            name: "\(kind) \(client ?? channel.remoteAddress.text)")
    }

    private static func parts(
        _ dialect: WebSocketDialect, _ limits: LinkLimits
    ) -> (WebSocketFraming, LineEncoder, String) {
        let bound = limits.maximumLineByteCount
        switch dialect {
        case .plain, .batched:
            return (
                WebSocketFraming(
                    isClient: false, maximumByteCount: bound,
                    silenceTimeout: limits.silenceTimeout),
                dialect == .batched
                    ? WebSocketFrames.batchingEncoder : WebSocketFrames.serverEncoder,
                "websocket"
            )
        case .primus(let timings):
            let primus = PrimusFraming(
                server: timings, identity: Yeast.identity(), maximumByteCount: bound)
            return (
                WebSocketFraming(
                    isClient: false, maximumByteCount: bound, primus: primus),
                PrimusString.serverEncoder, "primus"
            )
        }
    }
}

// SPDX-License-Identifier: MIT

public import NIOCore
import NIOWebSocket
public import ScuttlebuttRuntime

/// The server's side of a WebSocket, for any HTTP server on SwiftNIO.
///
/// ``HTTPEntrance`` calls it. In another server, call
/// ``configure(channel:dialect:limits:client:compression:)`` in the `upgradePipelineHandler` of a
/// `NIOTypedWebSocketServerUpgrader` and retain the link it returns. The upgrader's `maxFrameSize`
/// has no effect, because frames never reach NIO's decoder. For compression, let its
/// `shouldUpgrade` return the ``WebSocketCompression/answer`` as a header.
public enum WebSocketServerLink {
    /// Turns an upgraded channel into a link.
    ///
    /// Must be called on the channel's event loop.
    ///
    /// The link's handler is placed before NIO's own frame handlers, which then see no traffic.
    /// This allows all peers to share one encoded buffer.
    ///
    /// - Parameters:
    ///   - channel: The channel.
    ///   - dialect: What is spoken in it.
    ///   - limits: The limits of the link.
    ///   - client: The address of the client, if it is not the channel's, for the name of the link.
    ///   - compression: What was answered to the client's offers of compression.
    /// - Throws: An error if the pipeline cannot be changed because the channel has closed.
    public static func configure(
        channel: any Channel, dialect: WebSocketDialect, limits: LinkLimits = LinkLimits(),
        client: String? = nil, compression: WebSocketCompression? = nil
    ) throws -> any Link {
        let pipeline = channel.pipeline.syncOperations
        var position = ChannelPipeline.SynchronousOperations.Position.last
        if let encoder = try? pipeline.handler(type: WebSocketFrameEncoder.self) {
            position = .before(encoder)
        }
        // A peer that closes its half early must not look like a lost connection.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let framing = framing(dialect, limits, inflates: compression != nil)
        let encoder = encoder(dialect, limits, compression)
        let kind = dialect.isPrimus ? "primus" : "websocket"
        return try ChannelLink.install(
            on: channel, position: position, framing: framing, encoder: encoder, limits: limits,
            name: "\(kind) \(client ?? channel.remoteAddress.text)")
    }

    private static func framing(
        _ dialect: WebSocketDialect, _ limits: LinkLimits, inflates: Bool
    ) -> WebSocketFraming {
        let bound = limits.maximumLineByteCount
        switch dialect {
        case .plain, .batched:
            return WebSocketFraming(
                isClient: false, maximumByteCount: bound, inflates: inflates,
                silenceTimeout: limits.silenceTimeout)
        case .primus(let timings):
            let primus = PrimusFraming(
                server: timings, identity: Yeast.identity(), maximumByteCount: bound)
            return WebSocketFraming(
                isClient: false, maximumByteCount: bound, inflates: inflates, primus: primus)
        }
    }

    private static func encoder(
        _ dialect: WebSocketDialect, _ limits: LinkLimits, _ compression: WebSocketCompression?
    ) -> LineEncoder {
        let (form, uncompressed): (CompressingEncoder.Form, LineEncoder) =
            switch dialect {
            case .plain: (.line, WebSocketFrames.serverEncoder)
            case .batched: (.batch, WebSocketFrames.batchingEncoder)
            case .primus: (.primus, PrimusString.serverEncoder)
            }
        guard let compression else { return uncompressed }
        return CompressingEncoder(
            form, isClient: false, compression, threshold: limits.compressionThreshold,
            uncompressed: uncompressed
        ).encoder
    }
}

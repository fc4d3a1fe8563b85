// SPDX-License-Identifier: MIT

public import NIOCore
import NIOWebSocket
public import ScuttlebuttRuntime

/// What the text frames of a WebSocket hold.
public enum WebSocketDialect: Hashable, Sendable {
    /// One wire line per frame (`/ws`).
    case plain
    /// The Primus protocol (`/primus`), version 6, tolerant of 7 and 8.
    case primus(PrimusTimings = PrimusTimings())

    /// The dialect that is spoken at the path of a request, or `nil` when none is.
    ///
    /// Primus matches by prefix, as the original does; `/ws` stands for itself.
    public init?(requestTarget: String) {
        let path = requestTarget.prefix { $0 != "?" }
        if path.hasPrefix("/primus") {
            self = .primus()
        } else if path == "/ws" || path == "/ws/" {
            self = .plain
        } else {
            return nil
        }
    }
}

/// The server's half of a WebSocket, for any HTTP server on SwiftNIO.
///
/// Call ``configure(channel:dialect:limits:)`` in the `upgradePipelineHandler` of a
/// `NIOTypedWebSocketServerUpgrader` (its `maxFrameSize` does not matter: frames never reach NIO's
/// decoder) and keep the link it returns.
public enum WebSocketServerLink {
    /// Turns an upgraded channel into a link.
    ///
    /// On the channel's event loop only.
    ///
    /// It stands before NIO's own frame handlers, which then see no traffic: one buffer of frames
    /// is shared by all peers instead.
    ///
    /// - Throws: When the pipeline cannot be changed, that is when the channel has closed
    ///   meanwhile.
    public static func configure(
        channel: any Channel, dialect: WebSocketDialect, limits: LinkLimits = LinkLimits()
    ) throws -> any Link {
        let pipeline = channel.pipeline.syncOperations
        endUpgradeTimeout(on: channel)
        var position = ChannelPipeline.SynchronousOperations.Position.last
        if let encoder = try? pipeline.handler(type: WebSocketFrameEncoder.self) {
            position = .before(encoder)
        }
        // A peer that ends its half early must be seen as an event, not as a lost connection.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let (framing, encoder, kind) = parts(dialect, limits)
        return try ChannelLink.install(
            on: channel, position: position, framing: framing, encoder: encoder, limits: limits,
            name: "\(kind) \(channel.remoteAddress.text)")
    }

    private static func parts(
        _ dialect: WebSocketDialect, _ limits: LinkLimits
    ) -> (WebSocketFraming, LineEncoder, String) {
        let bound = limits.maximumLineByteCount
        switch dialect {
        case .plain:
            return (
                WebSocketFraming(isClient: false, maximumByteCount: bound),
                WebSocketFrames.serverEncoder, "websocket"
            )
        case .primus(let timings):
            let primus = PrimusFraming(
                server: timings, identity: Yeast.identity(), maximumByteCount: bound)
            return (
                WebSocketFraming(
                    isClient: false, maximumByteCount: bound, dialect: .primus(primus)),
                PrimusString.serverEncoder, "primus"
            )
        }
    }

    /// Closes `channel` unless it is upgraded, or ``endUpgradeTimeout(on:)`` is called, in time; so
    /// that nobody holds a connection by sending a request byte by byte.
    ///
    /// On its event loop only.
    public static func startUpgradeTimeout(
        on channel: any Channel, limits: LinkLimits = LinkLimits()
    ) throws {
        try channel.pipeline.syncOperations.addHandler(
            UpgradeTimeoutHandler(limits.upgradeTimeout), position: .first)
    }

    /// Ends the time-out: the request turned out to be an ordinary one.
    ///
    /// On its event loop only.
    public static func endUpgradeTimeout(on channel: any Channel) {
        let pipeline = channel.pipeline.syncOperations
        guard let context = try? pipeline.context(handlerType: UpgradeTimeoutHandler.self) else {
            return
        }
        pipeline.removeHandler(context: context, promise: nil)
    }
}

/// Closes a channel that dawdles over its upgrade.
final class UpgradeTimeoutHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let timeout: TimeAmount
    private var alarm: Scheduled<Void>?

    init(_ timeout: TimeAmount) { self.timeout = timeout }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
        alarm = nil
    }
}

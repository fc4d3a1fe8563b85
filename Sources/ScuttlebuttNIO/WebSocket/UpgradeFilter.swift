// SPDX-License-Identifier: MIT

public import NIOCore
import NIOHTTP1

/// Removes the upgrade from requests that will not be upgraded.
///
/// NIO's typed upgrade handler drops the head of a request that asks for an unsupported upgrade
/// (another protocol, another path, no key), so the HTTP server behind it would never answer. This
/// handler turns such a request into an ordinary one with `Connection: close`, because NIO's
/// decoder stops after it.
final class UpgradeFilter: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var hasSeenHead = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After an upgrade, raw bytes pass through here, which must not be unwrapped.
        guard !hasSeenHead else { return context.fireChannelRead(data) }
        hasSeenHead = true
        guard case .head(var head) = unwrapInboundIn(data), !head.headers["Upgrade"].isEmpty,
            !Self.isWebSocket(head)
        else { return context.fireChannelRead(data) }
        head.headers.remove(name: "Upgrade")
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private static func isWebSocket(_ head: HTTPRequestHead) -> Bool {
        let headers = head.headers
        return head.method == .GET && WebSocketDialect(requestTarget: head.uri) != nil
            && headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
            && headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
            && headers[canonicalForm: "Sec-WebSocket-Version"] == ["13"]
            && headers[canonicalForm: "Sec-WebSocket-Key"].count == 1
    }
}

extension WebSocketServerLink {
    /// Turns requests for unsupported upgrades into ordinary requests, which the HTTP server
    /// answers.
    ///
    /// Call it on the channel's event loop, right after `configureUpgradableHTTPServerPipeline`
    /// with error handling enabled (the default).
    ///
    /// - Throws: An error if the channel has no such pipeline.
    public static func removeUnsupportedUpgrades(on channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let position = try pipeline.handler(type: HTTPServerProtocolErrorHandler.self)
        try pipeline.addHandler(UpgradeFilter(), position: .after(position))
    }
}

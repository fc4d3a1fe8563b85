// SPDX-License-Identifier: MIT

public import NIOCore
import NIOHTTP1

/// Lets only those requests ask for an upgrade that will get one.
///
/// NIO's typed upgrade handler drops the head of a request whose upgrade nobody takes (another
/// protocol, another path, no key), so the server behind it would answer nothing. Such a request
/// becomes an ordinary one, the last of its connection, because NIO's decoder has stopped after it.
final class UpgradeSieve: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var hasSeenHead = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After an upgrade bytes pass here, which must not be unwrapped.
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
    /// Makes requests for any other upgrade ordinary ones, which the HTTP server answers.
    ///
    /// To be called right after `configureUpgradableHTTPServerPipeline`, with its error handling on
    /// (the default); on the channel's event loop only.
    ///
    /// - Throws: When the channel has no such pipeline.
    public static func sieveUpgrades(on channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let position = try pipeline.handler(type: HTTPServerProtocolErrorHandler.self)
        try pipeline.addHandler(UpgradeSieve(), position: .after(position))
    }
}

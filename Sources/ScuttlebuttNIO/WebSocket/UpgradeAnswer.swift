// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1
import ScuttlebuttRuntime

/// Remembers the head of a server's answer to our upgrade, which NIO drops if it is a refusal.
final class UpgradeAnswer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var head: HTTPResponseHead?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { self.head = head }
        context.fireChannelRead(data)
        // After an upgrade, raw bytes pass through here, which must not be unwrapped.
        if head != nil { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    /// Returns the error for a server that did not upgrade.
    ///
    /// - Parameters:
    ///   - server: Its authority.
    ///   - target: The path that was asked for.
    func refusal(by server: String, at target: String) -> LinkError {
        guard let head, head.status != .switchingProtocols else {
            return LinkError(
                .badFraming, "\(server) did not accept a WebSocket at \(target); check the address")
        }
        let words = [String(head.status.code), Dialling.printable(head.status.reasonPhrase)]
        let status = words.filter { !$0.isEmpty }.joined(separator: " ")
        let answer = "\(server) answered \(status) instead of a WebSocket at \(target)"
        switch head.status.code {
        case 301, 302, 303, 307, 308:
            // Its query may be ours, and a secret.
            let place = head.headers.first(name: "Location").map { place in
                Dialling.printable(String(place.prefix { $0 != "?" }))
            }
            return LinkError(
                .refused, "\(answer); use the address that it names: \(place ?? "none")")
        case 401, 403, 407:
            return LinkError(.refused, "\(answer); it wants to know who you are")
        case 410:
            return LinkError(.dismissed, "\(answer); nothing will be there again")
        case 400..<500 where ![408, 425, 429].contains(head.status.code):
            return LinkError(.refused, "\(answer); check the address")
        default:
            return LinkError(.unreachable, answer, retryAfter: RetryAfter.wait(head.headers))
        }
    }
}

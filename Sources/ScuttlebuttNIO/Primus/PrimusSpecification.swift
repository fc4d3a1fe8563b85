// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1
import ScuttlebuttRuntime

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The specification that a Primus server publishes at `primus/spec`.
public enum PrimusSpecification {
    /// Returns our server's specification: the Primus 6 dialect, with the fields that a Primus 8
    /// client looks for.
    ///
    /// - Parameter timings: The timings to publish.
    public static func json(_ timings: PrimusTimings = PrimusTimings()) -> String {
        """
        {"timeout":\(timings.serverTimeout.nanoseconds / 1_000_000),\
        "pingInterval":\(timings.serverPingInterval.nanoseconds / 1_000_000),\
        "pathname":"/primus","version":"6.1.0","parser":"json","transformer":"websockets"}
        """
    }

    /// Fetches the specification of the server that `dial` dials.
    ///
    /// - Returns: The dialect, or `.unknown` if the server has no readable specification.
    /// - Throws: `LinkError` `.unreachable` if the server cannot be connected to.
    static func dialect(_ dial: WebSocketDialer, _ name: String) async throws -> PrimusDialect {
        let headers = dial.address.headers(dial.headers)
        let target = dial.address.primusPath + "/spec"
        let body = try await Dialling.perform(name) {
            try await dial.open { channel in
                let promise = channel.eventLoop.makePromise(of: ByteBuffer?.self)
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(
                    SpecificationHandler(headers: headers, target: target, promise: promise))
                return promise.futureResult
            }
        }
        guard let body = try? await body.get() else { return .unknown }
        return dialect(Array(body.readableBytesView))
    }

    /// Returns the dialect that a specification describes.
    ///
    /// A server that publishes both a timeout and a ping interval, as ours does, answers pings.
    static func dialect(_ json: [UInt8]) -> PrimusDialect {
        struct Fields: Decodable {
            var timeout: Double?
            var pingInterval: Double?
        }
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(json)) else {
            return .unknown
        }
        if fields.timeout != nil { return .clientPings }
        return fields.pingInterval == nil ? .unknown : .serverPings
    }
}

/// Sends one GET and collects the body of a 200.
private final class SpecificationHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Far above the roughly 300 bytes of Primus' own specification.
    private static let maximumByteCount = 65_536

    private let headers: HTTPHeaders
    private let target: String
    private var promise: EventLoopPromise<ByteBuffer?>?
    private var body: ByteBuffer?

    init(headers: HTTPHeaders, target: String, promise: EventLoopPromise<ByteBuffer?>) {
        self.headers = headers
        self.target = target
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        var headers = self.headers
        headers.add(name: "Accept", value: "application/json")
        headers.add(name: "Connection", value: "close")
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if head.status == .ok { body = ByteBuffer() } else { answer(nil, context) }
        case .body(var part):
            body?.writeBuffer(&part)
            if body?.readableBytes ?? 0 > Self.maximumByteCount { answer(nil, context) }
        case .end: answer(body, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { answer(nil, context) }

    func channelInactive(context: ChannelHandlerContext) { answer(nil, context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise?.succeed(nil)
        promise = nil
    }

    private func answer(_ body: ByteBuffer?, _ context: ChannelHandlerContext) {
        promise?.succeed(body)
        promise = nil
        context.close(promise: nil)
    }
}

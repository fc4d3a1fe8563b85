// SPDX-License-Identifier: MIT

import NIOCore

/// Reads the header of the PROXY protocol from an accepted channel, and then makes way.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let timeout: TimeAmount
    private let install: (any Channel, SocketAddress?) throws -> Void
    private var heard: [UInt8] = []
    private var alarm: Scheduled<Void>?
    private var isOver = false

    private init(
        _ timeout: TimeAmount, _ install: @escaping (any Channel, SocketAddress?) throws -> Void
    ) {
        self.timeout = timeout
        self.install = install
    }

    /// Calls `install` with the address of the client, at once or after the header.
    ///
    /// Must be called on the event loop. A channel whose header is malformed, late, or from
    /// somebody who is not trusted is closed.
    static func await(
        on channel: any Channel, trust: ProxyTrust, timeout: TimeAmount,
        _ install: @escaping (any Channel, SocketAddress?) throws -> Void
    ) throws {
        guard trust.expectsProxyProtocol else {
            return try install(channel, channel.remoteAddress)
        }
        guard trust.proxies.isEmpty || trust.trusts(IPAddress(channel.remoteAddress)) else {
            return channel.close(promise: nil)
        }
        try channel.pipeline.syncOperations.addHandler(ProxyHeaderHandler(timeout, install))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return context.fireChannelRead(data) }
        // What follows the header is not looked at: reading stops before it could grow.
        heard += unwrapInboundIn(data).readableBytesView
        switch ProxyHeader.read(heard) {
        case .incomplete: break
        case .invalid:
            isOver = true
            context.close(promise: nil)
        case .complete(let byteCount, let source):
            isOver = true
            do {
                try install(context.channel, source ?? context.channel.remoteAddress)
            } catch {
                return context.close(promise: nil)
            }
            if heard.count > byteCount {
                let rest = ByteBuffer(bytes: heard[byteCount...])
                context.fireChannelRead(wrapInboundOut(rest))
                context.fireChannelReadComplete()
            }
            heard = []
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if !isOver {
            switch event {
            // Whoever has not said who it is has no conversation to end.
            case is ChannelShouldQuiesceEvent, ChannelEvent.inputClosed:
                context.close(promise: nil)
            default: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOver { context.fireErrorCaught(error) } else { context.close(promise: nil) }
    }
}

// SPDX-License-Identifier: MIT

public import NIOCore

/// Copies what arrives before it leaves the event loop.
///
/// NIO uses a receive buffer again once nobody else refers to it. It asks the reference count,
/// which orders the accesses of two threads in a way that the thread sanitizer does not see: it
/// would report a test that reads a buffer in a task.
public final class FreshBuffers: ChannelInboundHandler {
    /// What arrives: bytes in a buffer that the channel may use again.
    public typealias InboundIn = ByteBuffer
    /// What is passed on: the same bytes in a buffer of their own.
    public typealias InboundOut = ByteBuffer

    /// Creates the handler of one channel.
    public init() {}

    /// Passes a copy on.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let copy = ByteBuffer(bytes: unwrapInboundIn(data).readableBytesView)
        context.fireChannelRead(wrapInboundOut(copy))
    }
}

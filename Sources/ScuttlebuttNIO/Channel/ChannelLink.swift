// SPDX-License-Identifier: MIT

import NIOCore
import Scuttlebutt
import ScuttlebuttRuntime

/// A link over a NIO channel with any framing.
///
/// The handler retains the inbox and the outbox but not this object, so releasing the link closes
/// its channel.
final class ChannelLink: Link {
    let name: String
    let headerForm: HeaderForm
    let detectsSilence: Bool
    var receivedByteCount: Int { received.value }
    var compressedByteCount: CompressedByteCount {
        CompressedByteCount(before: compressed.before.value, after: compressed.after.value)
    }
    private let received: LinkHandler.ByteCount
    private let compressed = (before: LinkHandler.ByteCount(), after: LinkHandler.ByteCount())
    private let inbox: LineInbox
    private let outbox: Outbox
    private let encoder: LineEncoder
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<LinkHandler>

    /// Adds the link's handler to `channel`.
    ///
    /// Must be called on its event loop.
    ///
    /// - Parameter position: The handler's position in the pipeline. Handlers closer to the network
    ///   must produce and consume byte buffers.
    static func install(
        on channel: any Channel, position: ChannelPipeline.SynchronousOperations.Position = .last,
        framing: any Framing, encoder: @escaping LineEncoder, limits: LinkLimits, name: String
    ) throws -> ChannelLink {
        let eventLoop = channel.eventLoop
        let reading = NIOLoopBoundBox(LinkHandler.Weak(nil), eventLoop: eventLoop)
        let inbox = LineInbox(bound: limits.unreadByteBound) {
            eventLoop.execute { reading.value.handler?.resume() }
        }
        let handler = LinkHandler(framing: framing, limits: limits, inbox: inbox)
        reading.value = LinkHandler.Weak(handler)
        try channel.syncOptions?.setOption(
            .writeBufferWaterMark,
            value: .init(
                low: limits.unsentByteBound / 2, high: limits.unsentByteBound))
        try channel.pipeline.syncOperations.addHandler(handler, position: position)
        return ChannelLink(
            name: name, headerForm: framing.supportsHalfClosure ? .upstream : .fork,
            detectsSilence: framing.detectsSilence, encoder: encoder,
            handler: handler, eventLoop: channel.eventLoop)
    }

    private init(
        name: String, headerForm: HeaderForm, detectsSilence: Bool,
        encoder: @escaping LineEncoder,
        handler: LinkHandler, eventLoop: any EventLoop
    ) {
        self.name = name
        self.headerForm = headerForm
        self.detectsSilence = detectsSilence
        self.encoder = encoder
        self.eventLoop = eventLoop
        inbox = handler.inbox
        received = handler.received
        outbox = handler.outbox
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    deinit {
        let handler = self.handler
        eventLoop.execute { handler.value.drop() }
    }

    func receive() async throws -> InboundLines? { try await inbox.receive() }

    func send(_ lines: OutboundLines) async throws {
        guard lines.count > 0 else { return }
        let encoded = encoder(lines)
        if encoded.compressed.before > 0 {
            compressed.before.add(encoded.compressed.before)
            compressed.after.add(encoded.compressed.after)
        }
        try await outbox.send(encoded.buffer, wake: wake)
    }

    func finish() async { await outbox.end(.finish, wake: wake) }

    func close(_ reason: LinkClosing) async {
        inbox.close()
        await outbox.end(.close(reason), wake: wake)
    }

    private func wake() {
        let handler = self.handler
        eventLoop.execute { handler.value.drain() }
    }
}

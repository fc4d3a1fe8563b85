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
    private let received: LinkHandler.ByteCount
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
        let inbox = LineInbox(bound: limits.unreadByteBound) { [weak channel] in channel?.read() }
        let handler = LinkHandler(framing: framing, limits: limits, inbox: inbox)
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
        try await outbox.send(encoder(lines), wake: wake)
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

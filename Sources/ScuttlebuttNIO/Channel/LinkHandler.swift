// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// The channel's end of a link: turns bytes into lines for the inbox and writes buffers from the
/// outbox.
///
/// All state belongs to the event loop. Back-pressure works in both directions: while the inbox is
/// full, `read` is withheld, so that the kernel's buffers fill and the peer slows down; while the
/// channel is not writable, the outbox suspends its sender.
///
/// A framing that inflates may leave a part of what was read. It is held until the inbox has room,
/// if need be beyond the end of the channel.
final class LinkHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// We have closed our half; the peer may still send until the closing timeout.
        case outputClosed
        /// The peer has closed its half; we have not.
        case inputClosed
        case closed
    }

    let inbox: LineInbox
    let outbox: Outbox
    /// How many bytes have arrived, for whoever watches the link.
    let received = ByteCount()
    private let limits: LinkLimits

    private var framing: any Framing
    private var phase = Phase.open
    private var arrivals = Arrivals()
    /// What was read and not decoded yet.
    private var held = ByteBuffer()
    /// Whether nothing will follow what is held.
    private var isInputOver = false
    private var heldReply: ByteBuffer?
    private var context: ChannelHandlerContext?
    private var tickTimer: (deadline: NIODeadline, task: Scheduled<Void>)?
    private var closingTimer: Scheduled<Void>?

    init(framing: any Framing, limits: LinkLimits, inbox: LineInbox) {
        self.framing = framing
        self.limits = limits
        self.inbox = inbox
        outbox = Outbox(bound: limits.unsentByteBound)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { open(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        open(context)
        context.fireChannelActive()
    }

    private func open(_ context: ChannelHandlerContext) {
        framing.opened(now: context.eventLoop.now)
        scheduleTick(context)
    }

    // MARK: From the peer

    func read(context: ChannelHandlerContext) {
        decodeHeld()
        // What comes while we close is dropped, so that it needs no room.
        if held.readableBytes == 0 && !inbox.isFull || arrivals.drains { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard arrivals.end == nil else { return }
        var buffer = unwrapInboundIn(data)
        received.add(buffer.readableBytes)
        guard held.readableBytes == 0 else {
            held.writeBuffer(&buffer)
            return
        }
        held = buffer
        decode()
        if arrivals.end != nil { settle(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
        decodeHeld()
        context.fireChannelReadComplete()
    }

    private func decode() {
        let now = context?.eventLoop.now ?? .now()
        let taken = held.withUnsafeReadableBytes {
            framing.receive($0, now: now, into: &arrivals)
        }
        held.moveReaderIndex(forwardBy: taken)
        if held.readableBytes == 0 { held = ByteBuffer() }
    }

    /// Decodes what is held, as far as there is room for it.
    private func decodeHeld() {
        while held.readableBytes > 0, arrivals.end == nil, !inbox.isFull {
            decode()
            settle(context)
        }
        guard held.readableBytes == 0, isInputOver, arrivals.end == nil else { return }
        framing.inputEnded(into: &arrivals)
        settle(context)
    }

    /// Goes on reading, because there is room again.
    ///
    /// Must be called on the event loop; also if the channel is gone.
    func resume() {
        if let context { context.channel.read() } else { decodeHeld() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inputEnded(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func inputEnded(_ context: ChannelHandlerContext) {
        isInputOver = true
        decodeHeld()
        // A transport without half-closure cannot send anything to a peer that hung up.
        if phase == .outputClosed || !framing.supportsHalfClosure { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed(LinkError(.lost, "connection lost: \(error)")))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInputOver = true
        decodeHeld()
        channelClosed()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if held.readableBytes == 0 { end(.failed(LinkError(.lost, "connection lost"))) }
        channelClosed()
        self.context = nil
    }

    /// Delivers what has arrived and performs the actions it requires.
    ///
    /// - Parameter context: `nil` if the channel is gone, and nobody can be answered.
    private func settle(_ context: ChannelHandlerContext?) {
        if arrivals.lines.count > 0 {
            inbox.deliver(arrivals.lines)
            arrivals.lines = InboundLines()
        }
        guard let context else {
            if let end = arrivals.end { self.end(end) }
            return
        }
        if arrivals.reply.readableBytes > 0 {
            let reply = arrivals.reply
            arrivals.reply = ByteBuffer()
            self.reply(reply, context)
        }
        if let end = arrivals.end {
            self.end(end)
            if arrivals.closes {
                arrivals.closes = false
                if phase == .outputClosed {
                    context.close(promise: nil)
                } else {
                    closeOutput(nil, context)
                }
            }
        }
        scheduleTick(context)
    }

    /// Writes a reply, or holds it back while the channel is not writable.
    ///
    /// Only the newest reply is held, so a peer that keeps asking without reading cannot make us
    /// use memory.
    private func reply(_ reply: ByteBuffer, _ context: ChannelHandlerContext) {
        guard phase == .open || phase == .inputClosed else { return }
        if context.channel.isWritable || arrivals.end != nil {
            write(reply, context, flushes: true)
        } else {
            heldReply = reply
        }
    }

    private func end(_ end: Arrivals.End) {
        if arrivals.end == nil { arrivals.end = end }
        held = ByteBuffer()
        switch end {
        case .ended: inbox.end()
        case .failed(let error):
            inbox.end(error)
            outbox.fail(error)
        }
        if phase == .open { phase = .inputClosed }
        if !framing.supportsHalfClosure {
            outbox.fail(LinkError(.lost, "the peer closed the connection"))
        }
    }

    private func channelClosed() {
        phase = .closed
        tickTimer?.task.cancel()
        closingTimer?.cancel()
        (tickTimer, closingTimer, heldReply) = (nil, nil, nil)
        outbox.channelClosed(LinkError(.lost, "connection lost"))
    }

    // MARK: To the peer

    /// Writes everything in the outbox with a single flush, then performs the requested ending, if
    /// any.
    func drain() {
        let (buffers, ending) = outbox.take()
        guard let context, phase != .closed else { return }
        if phase != .outputClosed {
            for buffer in buffers { write(buffer, context, flushes: false) }
            if !buffers.isEmpty { context.flush() }
        }
        outbox.update(isWritable: context.channel.isWritable)
        switch ending {
        case nil: break
        case .finish?: closeOutput(framing.supportsHalfClosure ? nil : .finished, context)
        case .close(let reason)?: close(reason, context)
        }
    }

    /// Closes our half.
    ///
    /// The channel closes when the peer has closed its half too or the closing timeout expires.
    private func closeOutput(_ reason: LinkClosing?, _ context: ChannelHandlerContext) {
        switch phase {
        case .closed, .outputClosed: return outbox.ended()
        case .open, .inputClosed: break
        }
        let drains = arrivals.drains
        let inputWasClosed = phase == .inputClosed && !drains
        phase = .outputClosed
        if let reason {
            let bytes = framing.closingBytes(reason)
            if bytes.readableBytes > 0 { write(bytes, context, flushes: true) }
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let outbox = self.outbox
        promise.futureResult.whenComplete { _ in outbox.ended() }
        if inputWasClosed {
            // An empty write completes after all preceding writes.
            let written = context.eventLoop.makePromise(of: Void.self)
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: promise) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        } else if framing.supportsHalfClosure || drains {
            context.close(mode: .output, promise: promise)
        } else {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
        }
        if !framing.supportsHalfClosure || inbox.isClosed || inputWasClosed || drains {
            scheduleClosing(context)
        }
        if drains { context.read() }
    }

    private func close(_ reason: LinkClosing, _ context: ChannelHandlerContext) {
        closeOutput(reason, context)
        if phase != .closed { scheduleClosing(context) }
        // Read everything the peer sends; otherwise the kernel sends a reset, which may overtake
        // what we sent (RFC 6455, 7.1.1). The inbox is closed by now and drops it all.
        context.read()
    }

    private func scheduleClosing(_ context: ChannelHandlerContext) {
        guard closingTimer == nil else { return }
        let handler = NIOLoopBound(Weak(self), eventLoop: context.eventLoop)
        closingTimer = context.eventLoop.scheduleTask(in: limits.closingTimeout) {
            if let link = handler.value.handler { link.context?.close(promise: nil) }
        }
    }

    /// Closes the channel immediately, after at most one closing write, because the link was
    /// released; or leaves it to the timer if it is closing already.
    func drop() {
        inbox.close()
        guard let context, phase != .closed else { return }
        // The peer is still being heard out; closing now would reset the connection.
        if phase == .outputClosed, closingTimer != nil { return }
        if phase == .open || phase == .inputClosed {
            let bytes = framing.closingBytes(.shutdown)
            if bytes.readableBytes > 0 { write(bytes, context, flushes: true) }
        }
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let reply = heldReply {
            heldReply = nil
            self.reply(reply, context)
        }
        outbox.update(isWritable: context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    private func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext, flushes: Bool) {
        context.write(wrapOutboundOut(buffer), promise: nil)
        if flushes { context.flush() }
    }

    // MARK: Time

    /// Schedules a tick at the framing's deadline.
    ///
    /// There is one timer at a time. If the deadline has moved when it fires, it is scheduled
    /// again, so that traffic creates no timers.
    private func scheduleTick(_ context: ChannelHandlerContext) {
        guard phase == .open, let deadline = framing.deadline else { return }
        if let tickTimer {
            if tickTimer.deadline <= deadline { return }
            tickTimer.task.cancel()
        }
        let handler = NIOLoopBound(Weak(self), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            if let link = handler.value.handler { link.tick() }
        }
        tickTimer = (deadline, task)
    }

    private func tick() {
        tickTimer = nil
        guard let context, phase == .open else { return }
        framing.tick(now: context.eventLoop.now, isReading: !inbox.isFull, into: &arrivals)
        settle(context)
    }

    /// Keeps what outlives a link from keeping it alive.
    struct Weak {
        weak var handler: LinkHandler?
        init(_ handler: LinkHandler?) { self.handler = handler }
    }
}

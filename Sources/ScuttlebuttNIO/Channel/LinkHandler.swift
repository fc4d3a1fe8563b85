// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// The channel's end of a link: bytes in, lines out to the inbox; buffers from the outbox, bytes
/// out.
///
/// All state belongs to the event loop. Back-pressure: while the inbox is full, `read` is held
/// back, so that the kernel's buffers fill and the peer is slowed; while the channel is not
/// writable, the outbox suspends its sender.
final class LinkHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// We said our last word; the peer may still send, until the closing time-out.
        case saidGoodbye
        /// The peer ended its half, we have not.
        case heardGoodbye
        case closed
    }

    let inbox: LineInbox
    let outbox: Outbox
    private let limits: LinkLimits

    private var framing: any Framing
    private var phase = Phase.open
    private var arrivals = Arrivals()
    private var heldReply: ByteBuffer?
    private var context: ChannelHandlerContext?
    private var alarm: (deadline: NIODeadline, task: Scheduled<Void>)?
    private var closingAlarm: Scheduled<Void>?

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
        armAlarm(context)
    }

    // MARK: From the peer

    func read(context: ChannelHandlerContext) {
        if !inbox.isFull { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard arrivals.end == nil else { return }
        let buffer = unwrapInboundIn(data)
        let now = context.eventLoop.now
        buffer.withUnsafeReadableBytes { framing.receive($0, now: now, into: &arrivals) }
        if arrivals.end != nil { settle(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inputEnded(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func inputEnded(_ context: ChannelHandlerContext) {
        if arrivals.end == nil {
            framing.inputEnded(into: &arrivals)
            settle(context)
        }
        // A transport without halves has nothing left to say to a peer that hung up.
        if phase == .saidGoodbye || !framing.hasHalves { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed(LinkError(.lost, "The connection broke (\(error)); dial again.")), context)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if arrivals.end == nil {
            framing.inputEnded(into: &arrivals)
            settle(context)
        }
        gone()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.failed(LinkError(.lost, "The connection was lost; dial again.")), context)
        gone()
        self.context = nil
    }

    /// Hands on what has arrived and performs what it asks for.
    private func settle(_ context: ChannelHandlerContext) {
        if arrivals.lines.count > 0 {
            inbox.deliver(arrivals.lines)
            arrivals.lines = InboundLines()
        }
        if arrivals.reply.readableBytes > 0 {
            let reply = arrivals.reply
            arrivals.reply = ByteBuffer()
            self.reply(reply, context)
        }
        if let end = arrivals.end {
            self.end(end, context)
            if arrivals.closes {
                arrivals.closes = false
                if phase == .saidGoodbye {
                    context.close(promise: nil)
                } else {
                    sayGoodbye(nil, context)
                }
            }
        }
        armAlarm(context)
    }

    /// Writes an answer, or keeps it while the peer takes nothing.
    ///
    /// Only the newest is kept: a peer that asks again and again and reads no answer gets no memory
    /// of ours for it.
    private func reply(_ reply: ByteBuffer, _ context: ChannelHandlerContext) {
        guard phase == .open || phase == .heardGoodbye else { return }
        if context.channel.isWritable || arrivals.end != nil {
            write(reply, context, flushes: true)
        } else {
            heldReply = reply
        }
    }

    private func end(_ end: Arrivals.End, _ context: ChannelHandlerContext) {
        if arrivals.end == nil { arrivals.end = end }
        switch end {
        case .ended: inbox.end()
        case .failed(let error):
            inbox.end(error)
            outbox.fail(error)
        }
        if phase == .open { phase = .heardGoodbye }
        if !framing.hasHalves {
            outbox.fail(LinkError(.lost, "The peer closed the link; dial again."))
        }
    }

    private func gone() {
        phase = .closed
        alarm?.task.cancel()
        closingAlarm?.cancel()
        (alarm, closingAlarm, heldReply) = (nil, nil, nil)
        outbox.gone(LinkError(.lost, "The connection is gone; dial again."))
    }

    // MARK: To the peer

    /// Writes what the outbox holds, with one flush, then performs the ending if one was ordered.
    func drain() {
        let (buffers, ending) = outbox.take()
        guard let context, phase != .closed else { return }
        if phase != .saidGoodbye {
            for buffer in buffers { write(buffer, context, flushes: false) }
            if !buffers.isEmpty { context.flush() }
        }
        outbox.update(isWritable: context.channel.isWritable)
        switch ending {
        case nil: break
        case .finish?: sayGoodbye(framing.hasHalves ? nil : .finished, context)
        case .close(let reason)?: close(reason, context)
        }
    }

    /// Ends our half; the channel closes when the peer has ended its half too, or is too slow to.
    private func sayGoodbye(_ reason: LinkClosing?, _ context: ChannelHandlerContext) {
        switch phase {
        case .closed, .saidGoodbye: return outbox.ended()
        case .open, .heardGoodbye: break
        }
        let hadHeard = phase == .heardGoodbye
        phase = .saidGoodbye
        if let reason {
            let words = framing.goodbye(reason)
            if words.readableBytes > 0 { write(words, context, flushes: true) }
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let outbox = self.outbox
        promise.futureResult.whenComplete { _ in outbox.ended() }
        if hadHeard {
            // An empty write completes after all that precede it.
            let written = context.eventLoop.makePromise(of: Void.self)
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: promise) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        } else if framing.hasHalves {
            context.close(mode: .output, promise: promise)
        } else {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
        }
        if !framing.hasHalves || inbox.isClosed || hadHeard { armClosingAlarm(context) }
    }

    private func close(_ reason: LinkClosing, _ context: ChannelHandlerContext) {
        sayGoodbye(reason, context)
        if phase != .closed { armClosingAlarm(context) }
        // The peer must be read to its end, else the kernel answers with a reset that may overtake
        // what we sent; the inbox is closed by now and drops it all.
        context.read()
    }

    private func armClosingAlarm(_ context: ChannelHandlerContext) {
        guard closingAlarm == nil else { return }
        let handler = NIOLoopBound(Weak(self), eventLoop: context.eventLoop)
        closingAlarm = context.eventLoop.scheduleTask(in: limits.closingTimeout) {
            if let link = handler.value.handler { link.context?.close(promise: nil) }
        }
    }

    /// Nobody holds the link any more: close at once, politely only as far as one write goes.
    func drop() {
        inbox.close()
        guard let context, phase != .closed else { return }
        if phase == .open || phase == .heardGoodbye {
            let words = framing.goodbye(.shutdown)
            if words.readableBytes > 0 { write(words, context, flushes: true) }
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

    /// One timer at a time; when it fires early it is set again, so that traffic costs no timers.
    private func armAlarm(_ context: ChannelHandlerContext) {
        guard phase == .open, let deadline = framing.deadline else { return }
        if let alarm {
            if alarm.deadline <= deadline { return }
            alarm.task.cancel()
        }
        let handler = NIOLoopBound(Weak(self), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            if let link = handler.value.handler { link.alarmRang() }
        }
        alarm = (deadline, task)
    }

    private func alarmRang() {
        alarm = nil
        guard let context, phase == .open else { return }
        framing.tick(now: context.eventLoop.now, isReading: !inbox.isFull, into: &arrivals)
        settle(context)
    }

    /// A timer that outlives its link must not keep it alive.
    private struct Weak {
        weak var handler: LinkHandler?
        init(_ handler: LinkHandler) { self.handler = handler }
    }
}

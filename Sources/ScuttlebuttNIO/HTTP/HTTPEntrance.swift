// SPDX-License-Identifier: MIT

import DequeModule
public import NIOCore
public import NIOHTTP1
import NIOWebSocket
public import ScuttlebuttRuntime

/// The server's side of an HTTP/1 connection: answers requests, and turns the connection into a
/// link when one of them asks for a WebSocket.
///
/// Any request of a connection may be the upgrade. Proxies that keep connections to the server open
/// send other people's requests before it.
public final class HTTPEntrance: ChannelDuplexHandler, RemovableChannelHandler {
    /// The parts of requests.
    public typealias InboundIn = HTTPServerRequestPart
    /// The parts of answers.
    public typealias OutboundIn = HTTPServerResponsePart
    /// The parts of answers.
    public typealias OutboundOut = HTTPServerResponsePart

    /// What a server brings along.
    public struct Configuration: Sendable {
        /// The limits of each link; `upgradeTimeout` is the time allowed for the first request.
        public var limits = LinkLimits()
        /// The heartbeat timings of Primus.
        public var timings = PrimusTimings()
        /// How long a connection may be silent between two requests.
        public var idleTimeout = TimeAmount.seconds(30)
        /// The path below which a proxy serves this server, such as `/sb`; default none.
        ///
        /// It begins with a slash and does not end with one. It is taken away from the targets of
        /// requests, which work without it as well, since some proxies take it away themselves.
        public var base = ""
        /// The proxies that are believed when they say for whom they connect.
        public var trust = ProxyTrust()
        /// Bounds the links; default none.
        ///
        /// Other requests are answered nevertheless.
        public var quota: ConnectionQuota?
        /// Answers a request that is not an upgrade; runs on the event loop and must not block.
        ///
        /// It gets the method, and the path and query without ``base``.
        public var answer: @Sendable (HTTPMethod, String) -> HTTPAnswer
        /// Takes over a link; runs on the event loop.
        public var accept: @Sendable (any Link, WebSocketDialect) -> Void

        /// Creates a configuration with default limits.
        public init(
            answer: @escaping @Sendable (HTTPMethod, String) -> HTTPAnswer,
            accept: @escaping @Sendable (any Link, WebSocketDialect) -> Void
        ) {
            self.answer = answer
            self.accept = accept
        }
    }

    private let configuration: Configuration
    /// Who has connected, or for whom the PROXY protocol says so.
    private let source: SocketAddress?
    private var request: HTTPRequestHead?
    private var alarm: Scheduled<Void>?
    /// Requests that wait until the client has taken the answers to earlier ones.
    ///
    /// Nothing is read meanwhile, so that they are at most what one read brought.
    private var waiting = Deque<HTTPRequestHead>()
    private var holdsRead = false
    /// Whether the connection is to be closed once everything that has come is answered.
    private var isDraining = false
    /// Whether the last answer has been given.
    private var isEnding = false
    private var isUpgraded = false

    private init(_ configuration: Configuration, _ source: SocketAddress?) {
        self.configuration = configuration
        self.source = source
    }

    /// Serves an accepted channel; called on its event loop.
    ///
    /// - Throws: An error if the pipeline cannot be changed because the channel has closed.
    public static func install(on channel: any Channel, _ configuration: Configuration) throws {
        try ProxyHeaderHandler.await(
            on: channel, trust: configuration.trust,
            timeout: configuration.limits.upgradeTimeout
        ) { channel, source in
            try install(on: channel, configuration, source)
        }
    }

    private static func install(
        on channel: any Channel, _ configuration: Configuration, _ source: SocketAddress?
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        // Without NIO's handler for pipelined requests: answers are made at once.
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)))
        try pipeline.addHandler(NIOHTTPResponseHeadersValidator())
        try pipeline.addHandler(HTTPServerProtocolErrorHandler())
        try pipeline.addHandler(HTTPEntrance(configuration, source))
    }

    /// Begins to wait for the first request.
    public func handlerAdded(context: ChannelHandlerContext) {
        wait(configuration.limits.upgradeTimeout, context)
    }

    /// Stops waiting.
    public func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    /// Stops waiting, as the connection has ended.
    public func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        context.fireChannelInactive()
    }

    /// Takes a part of a request, or passes on what comes after an upgrade.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After an upgrade, raw bytes pass through here, which must not be unwrapped.
        if isUpgraded { return context.fireChannelRead(data) }
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = head
            // Whoever waits for a permission to send a body gets the answer instead.
            if head.headers.contains(name: "Expect") {
                waiting.append(head)
                request = nil
                isDraining = true
                answerWaiting(context)
            }
        case .body:
            break  // No request has a body that anybody reads.
        case .end:
            guard let head = request.take() else { return }
            waiting.append(head)
            answerWaiting(context)
        }
    }

    /// Reads on, unless the client leaves the answers that it has untaken.
    public func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() } else { holdsRead = true }
    }

    /// Answers what waits, once the client has taken earlier answers.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        answerWaiting(context)
        context.fireChannelWritabilityChanged()
    }

    private func answerWaiting(_ context: ChannelHandlerContext) {
        while context.channel.isWritable, !isEnding, let head = waiting.popFirst() {
            let isLast = isDraining && waiting.isEmpty && request == nil
            respond(to: head, context, isLast: isLast)
        }
        if waiting.isEmpty, holdsRead {
            holdsRead = false
            context.read()
        }
    }

    /// Closes the connection once the current request is answered, if either side asks for it.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if !isUpgraded {
            switch event {
            case is ChannelShouldQuiesceEvent:
                isDraining = true
                if request == nil, waiting.isEmpty, !isEnding { context.close(promise: nil) }
            case ChannelEvent.inputClosed:
                // Half a request is never completed now.
                request = nil
                isDraining = true
                if waiting.isEmpty, !isEnding { context.close(promise: nil) }
            default: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes a connection that does not speak HTTP.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isUpgraded { context.fireErrorCaught(error) } else { context.close(promise: nil) }
    }

    // MARK: Answers

    private func respond(
        to head: HTTPRequestHead, _ context: ChannelHandlerContext, isLast: Bool
    ) {
        let below = HTTPRequestForm.target(head.uri, below: configuration.base)
        let target = below ?? HTTPRequestForm.target(head.uri)
        switch HTTPRequestForm(head, for: target) {
        case .upgrade(let dialect) where !isLast:
            upgrade(to: dialect, head, context)
        case .upgrade:
            send(.upgradeRequired, to: head, context, isLast: true)
        case .plain(let mustClose):
            let answer = below == nil ? moved(target) : answer(to: head, for: target)
            send(answer, to: head, context, isLast: isLast || mustClose)
        case .refused(let answer):
            send(answer, to: head, context, isLast: true)
        }
    }

    /// Sends whoever asks for the base to the page below it.
    private func moved(_ target: String) -> HTTPAnswer {
        var answer = HTTPAnswer(.movedPermanently, text: "The pages are at \(configuration.base)/.")
        let query = target.drop { $0 != "?" }
        answer.headers.add(name: "Location", value: "\(configuration.base)/\(query)")
        return answer
    }

    private func answer(to head: HTTPRequestHead, for target: String) -> HTTPAnswer {
        if head.method == .OPTIONS {
            return HTTPAnswer(.ok, headers: ["Allow": "GET, HEAD, OPTIONS"])
        }
        return configuration.answer(head.method, target)
    }

    private func send(
        _ answer: HTTPAnswer, to request: HTTPRequestHead, _ context: ChannelHandlerContext,
        isLast: Bool
    ) {
        isEnding = isEnding || isLast || !request.isKeepAlive
        let answer = answer.unlessKnown(to: request)
        var headers = answer.headers
        if answer.status != .notModified {
            headers.replaceOrAdd(name: "Content-Length", value: String(answer.body.readableBytes))
        }
        if isEnding {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if request.version == .http1_0 {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD, answer.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if isEnding {
            let channel = context.channel
            written.whenComplete { _ in channel.close(promise: nil) }
        } else {
            wait(configuration.idleTimeout, context)
        }
    }

    /// Closes the channel unless the next request is complete in time.
    private func wait(_ timeout: TimeAmount, _ context: ChannelHandlerContext) {
        alarm?.cancel()
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    // MARK: The upgrade

    /// Computes the answer to a client's key, which NIO keeps to itself.
    private static let upgrader = NIOWebSocketServerUpgrader(
        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
        upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })

    private func upgrade(
        to dialect: WebSocketDialect, _ head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        let compression: WebSocketCompression?
        do throws(LinkError) {
            let offers = head.headers[WebSocketCompression.headerName]
            compression =
                try configuration.limits.allowsCompression
                ? WebSocketCompression.accepting(offers) : nil
        } catch {
            let answer = HTTPAnswer(.badRequest, text: "\(error.message).")
            return send(answer, to: head, context, isLast: true)
        }
        let client = configuration.trust.client(head.headers, via: source)
        let place = configuration.quota?.take(IPAddress(client), until: context.channel)
        guard place == nil || place == .taken else {
            var answer =
                place == .isFull
                ? HTTPAnswer(.serviceUnavailable, text: "All connections are in use.")
                : HTTPAnswer(.tooManyRequests, text: "Too many connections from your address.")
            answer.headers.add(name: "Retry-After", value: "30")
            return send(answer, to: head, context, isLast: true)
        }
        // The future is complete already, so that nothing is read between request and upgrade.
        let built = HTTPEntrance.upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        built.whenComplete { result in
            let (entrance, context) = bound.value
            switch result {
            case .success(let headers):
                entrance.finishUpgrade(to: dialect, for: client, compression, headers, context)
            case .failure:
                let answer = HTTPAnswer(.badRequest, text: "This is no WebSocket request.")
                entrance.send(answer, to: head, context, isLast: true)
            }
        }
    }

    private func finishUpgrade(
        to dialect: WebSocketDialect, for client: SocketAddress?,
        _ compression: WebSocketCompression?, _ headers: HTTPHeaders,
        _ context: ChannelHandlerContext
    ) {
        alarm?.cancel()
        var headers = headers
        if let compression {
            headers.add(name: WebSocketCompression.headerName, value: compression.answer)
        }
        let response = HTTPResponseHead(
            version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        isUpgraded = true
        do {
            let dialect = dialect.isPrimus ? .primus(configuration.timings) : dialect
            // The link may write at once, so nothing that expects HTTP may be left by then.
            removeHTTP(context)
            let link = try WebSocketServerLink.configure(
                channel: context.channel, dialect: dialect, limits: configuration.limits,
                client: client.text, compression: compression)
            configuration.accept(link, dialect)
            // The decoder passes on what it has not decoded in the next turn of the event loop, and
            // does not say that this was all.
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.execute {
                let (entrance, context) = bound.value
                context.fireChannelReadComplete()
                context.pipeline.syncOperations.removeHandler(entrance, promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }

    /// Removes everything that speaks HTTP; the decoder passes on what it has not decoded.
    private func removeHTTP(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        func remove<Handler: RemovableChannelHandler>(_ type: Handler.Type) {
            guard let context = try? pipeline.context(handlerType: type) else { return }
            pipeline.removeHandler(context: context, promise: nil)
        }
        remove(HTTPServerProtocolErrorHandler.self)
        remove(NIOHTTPResponseHeadersValidator.self)
        remove(HTTPResponseEncoder.self)
        remove(ByteToMessageHandler<HTTPRequestDecoder>.self)
    }
}

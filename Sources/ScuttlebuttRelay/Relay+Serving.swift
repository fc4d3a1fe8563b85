// SPDX-License-Identifier: MIT

import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Relay {
    /// Everything between the start and the end of ``run()``.
    func serve() async throws {
        if let file = configuration.importFile {
            let summary = try await WireLines.load(file, into: store.dispatcher)
            configuration.report?(
                "\(file): \(summary.accepted) of \(summary.updates) actions were new")
        }
        let listener = try await lineListener()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                if let listener { group.addTask { await self.acceptLines(from: listener) } }
                group.addTask { await self.accompany() }
                try await serveHTTP(beside: listener)
            }
        } catch {
            await listener?.close()
            throw error
        }
        await listener?.close()
    }

    // MARK: TCP

    private func lineListener() async throws -> TCPListener? {
        guard let port = configuration.tcpPort else { return nil }
        return try await TCPListener.listen(
            host: configuration.host, port: port, limits: configuration.linkLimits)
    }

    private func acceptLines(from listener: TCPListener) async {
        while let link = await listener.accept() {
            // A link that is dropped is closed at once.
            if store.swarm.openLinkCount < configuration.maximumConnections { take(link, .tcp) }
        }
    }

    /// Begins the session of a link that somebody opened to us.
    private func take(_ link: any Link, _ kind: LinkKind) {
        var options = SessionOptions()
        options.headerForm = kind == .tcp ? .upstream : .fork
        store.swarm.accept(MeteredLink(link, kind, meter), options: options)
    }

    // MARK: HTTP

    /// Serves until the task is cancelled.
    private func serveHTTP(beside listener: TCPListener?) async throws {
        let configuration = self.configuration
        var logger = configuration.logger
        // What the server tells is in the report already, and to be cancelled is no error.
        logger.logLevel = .critical
        let pages = PageResponder(primusTimings: configuration.primusTimings) { self.statistics }
        let server = HTTPServerBuilder { responder in
            RelayChannel(
                http: HTTP1Channel(responder: responder), limits: configuration.linkLimits,
                timings: configuration.primusTimings, idleTimeout: configuration.idleTimeout,
                accept: { self.take($0, $1) })
        }
        do {
            try await server.buildServer(
                configuration: ServerConfiguration(
                    address: .hostname(configuration.host, port: configuration.port),
                    availableConnectionsDelegate: .maximum(
                        configuration.maximumConnections, logger: logger)),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
            ) { request, writer, _ in
                let response = pages.respond(request.method, request.head.path ?? "/")
                try await writer.write(response: response.head, body: response.body)
            } onServerRunning: { channel in
                self.begin(channel, listener)
            }.run()
        } catch {
            throw cannotListen(error)
        }
    }

    /// We accept connections from now on.
    private func begin(_ channel: any Channel, _ listener: TCPListener?) {
        let port = channel.localAddress?.port ?? configuration.port
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        let address = RelayAddress(
            http: "http://\(host):\(port)", port: port, tcp: listener?.address)
        for peer in peers { store.swarm.connect(peer, options: peer.sessionOptions) }
        startup.settle(.success(address))
        configuration.report?("listening on \(address.http)")
        if let tcp = address.tcp { configuration.report?("listening on tcp://\(tcp)") }
    }

    private func cannotListen(_ error: any Error) -> any Error {
        guard let failure = error as? IOError else { return error }
        let place = "\(configuration.host):\(configuration.port)"
        if failure.errnoCode == EADDRINUSE {
            return LinkError(
                .addressInUse,
                "\(place) is taken; end the other program, or choose another port (0: any).")
        }
        return LinkError(.badAddress, "\(place) cannot be listened on: \(failure).")
    }

    // MARK: Beside it

    /// Bots and statistics, until the task is cancelled.
    private func accompany() async {
        await withDiscardingTaskGroup { group in
            for bot in bots { group.addTask { await self.live(bot) } }
            group.addTask { await self.reportStatistics() }
        }
    }

    private func live(_ bot: any Bot<Action>) async {
        let (store, meter) = (self.store, self.meter)
        let world = BotWorld<Action>(
            dispatch: { action in store.dispatch(action) },
            connected: { meter.statistics.connected })
        do {
            try await bot.run(in: world)
        } catch {
            configuration.logger.debug("a bot ended", metadata: ["relay.error": "\(error)"])
        }
    }

    private func reportStatistics() async {
        guard let report = configuration.report, let pause = configuration.statisticsInterval else {
            return
        }
        var last = ""
        while (try? await configuration.sleep(pause)) != nil {
            let summary = statistics.summary
            if summary != last { report(summary) }
            last = summary
        }
    }
}

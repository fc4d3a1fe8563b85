// SPDX-License-Identifier: MIT

import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRuntime
import ServiceLifecycle

extension Relay {
    /// Imports, listens, serves and dials until the task is cancelled.
    func serve() async throws {
        if let file = configuration.importFile {
            let summary = try await WireLines.load(file, into: store.dispatcher)
            configuration.report?(
                "imported \(summary.accepted) new of \(summary.updates) actions from \(file)")
        }
        let listener = try await lineListener()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                if let listener { group.addTask { await self.acceptLines(from: listener) } }
                group.addTask { await self.runBackgroundTasks() }
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
            host: configuration.host, port: port, limits: configuration.linkLimits,
            trust: configuration.trust, quota: quota, report: configuration.report)
    }

    private func acceptLines(from listener: TCPListener) async {
        while let link = await listener.accept() { take(link, .tcp) }
    }

    /// Starts a session on an accepted link.
    private func take(_ link: any Link, _ kind: LinkKind) {
        store.swarm.accept(MeteredLink(link, kind, meter))
    }

    // MARK: HTTP

    /// How many connections are accepted beyond the links, so that a server that is full still
    /// answers its health check, and says so to whoever asks for a link.
    private static var reserve: Int { 16 }

    /// Serves until the task is cancelled.
    private func serveHTTP(beside listener: TCPListener?) async throws {
        let configuration = self.configuration
        var logger = configuration.logger
        // The report already covers what the server logs, and cancellation is not an error.
        logger.logLevel = .critical
        let pages = PageResponder(
            primusTimings: configuration.primusTimings,
            module: configuration.coreModule.map { Page(module: $0) },
            pages: Page.pages(of: configuration.files),
            statistics: { self.statistics })
        let server = Server(
            childChannelSetup: RelayChannel(
                limits: configuration.linkLimits, timings: configuration.primusTimings,
                idleTimeout: configuration.idleTimeout, base: configuration.base,
                trust: configuration.trust, quota: quota, pages: pages,
                accept: { self.take($0, $1) }),
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: .maximum(
                    min(configuration.maximumConnections, .max - Self.reserve) + Self.reserve,
                    logger: logger)),
            onServerRunning: { channel in
                try? await channel.eventLoop.submit {
                    try AcceptPause.install(on: channel, report: configuration.report)
                }.get()
                self.didStartListening(channel, listener)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        do {
            try await server.run()
        } catch {
            guard error is IOError else { throw error }
            throw Dialling.cannotListen(configuration.host, configuration.port, error)
        }
    }

    /// Starts dialling and reports the address once the server accepts connections.
    private func didStartListening(_ channel: any Channel, _ listener: TCPListener?) {
        let port = channel.localAddress?.port ?? configuration.port
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        let address = RelayAddress(
            http: "http://\(host):\(port)", port: port, tcp: listener?.address)
        for peer in peers { store.swarm.connect(peer) }
        startup.settle(.success(address))
        configuration.report?("listening on \(address.http)")
        if let tcp = address.tcp { configuration.report?("listening on tcp://\(tcp)") }
    }

    // MARK: Background tasks

    /// Runs the bots and reports statistics until the task is cancelled.
    private func runBackgroundTasks() async {
        await withDiscardingTaskGroup { group in
            for bot in bots { group.addTask { await self.run(bot) } }
            group.addTask { await self.reportStatistics() }
        }
    }

    private func run(_ bot: any Bot<Action>) async {
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

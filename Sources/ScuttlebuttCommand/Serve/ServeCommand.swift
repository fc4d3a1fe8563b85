// SPDX-License-Identifier: MIT

import ArgumentParser
import Logging
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// `scuttlebutt serve`: the server peer.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server: pages, gossip over Primus, WebSocket and TCP, one log.",
        discussion: """
            The pages, /primus (redux-scuttlebutt's clients) and /ws are on --port, lines of \
            newline-delimited JSON on --tcp-port. Whoever reaches the server may write, so it \
            listens on this machine only unless --host says otherwise. GET /healthz tells that it \
            serves, GET /statistics what it has done. Ctrl-C ends it with everything saved.

              scuttlebutt serve --tcp-port 4000 --bot life
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port of pages, /primus and /ws; 0 means any free one.")
    var port = 3000

    @Option(help: "A port for lines over TCP; 0 means any free one (default: none).")
    var tcpPort: Int?

    @Option(
        help: "Keep the log in this SQLite file (default: scuttlebutt.sqlite here).",
        completion: .file())
    var store: String?

    @Flag(help: "Keep the log in memory only.")
    var inMemory = false

    @Option(
        name: .customLong("import"),
        help: "Read this file of wire lines first, the original's INFILE.", completion: .file())
    var importFile: String?

    @Option(
        name: .customLong("export"),
        help: "Append accepted actions to this file, the original's OUTFILE.",
        completion: .file())
    var exportFile: String?

    @Option(
        help: ArgumentHelp(
            "Gossip with this server, again and again after loss; may be repeated.",
            valueName: "url"))
    var peer: [String] = []

    @Option(help: "The identity to write as (default: the store's, else a fresh one).")
    var id: String?

    @Option(
        help: ArgumentHelp(
            "A program that lives in the server: 'life' dispatches STEP each second.",
            valueName: "life[=seconds]"))
    var bot: [BotName] = []

    @Option(
        help: ArgumentHelp(
            "The longest WebSocket message or TCP line; beyond it that connection ends.",
            valueName: "bytes"))
    var maxMessageBytes = LinkLimits().maximumLineByteCount

    @Option(
        help: ArgumentHelp(
            "The deepest nesting of an update; a deeper one is refused, its connection goes on.",
            valueName: "levels"))
    var maxDepth = ClassicWire.maximumDepth

    @Option(help: ArgumentHelp("How many connections may be open.", valueName: "n"))
    var maxConnections = RelayConfiguration().maximumConnections

    @Option(
        help: ArgumentHelp(
            "Tell what was received and sent, so often; 0 for never.", valueName: "seconds"))
    var statistics = 60

    @Flag(help: "Print {\"event\":\"listening\",…} once it accepts connections.")
    var json = false

    func validate() throws {
        for (name, port) in [("--port", port), ("--tcp-port", tcpPort ?? 0)]
        where !(0...65_535).contains(port) {
            throw ValidationError("\(name) \(port) is no port; choose 0 (any) to 65535.")
        }
        if inMemory, store != nil {
            throw ValidationError("--in-memory and --store exclude each other.")
        }
        guard (64...1 << 30).contains(maxMessageBytes) else {
            throw ValidationError("--max-message-bytes takes 64 to 1073741824.")
        }
        guard (2...100_000).contains(maxDepth) else {
            throw ValidationError("--max-depth takes 2 to 100000.")
        }
        guard maxConnections > 0 else {
            throw ValidationError("--max-connections takes 1 or more.")
        }
        guard statistics >= 0 else { throw ValidationError("--statistics takes 0 or more.") }
    }

    func run() async throws {
        let serves = Latch()
        let configuration = configuration(serves)
        let path = inMemory ? nil : store ?? "scuttlebutt.sqlite"
        let bots = bot.map { $0.bot }
        let source = try StoreIdentity.read(id)
        try checkExport()
        let json = json
        try await Interruption.watch {
            let failure = StorageFailure()
            let remarks = GossipRemarks()
            var options = GossipOptions<RawAction>()
            options.bounds.depth = maxDepth - 1
            options.bounds.stringByteCount = max(options.bounds.stringByteCount, maxMessageBytes)
            options.source = source
            options.onFault = { StandardError.shared.note($0.message) }
            options.onEvent = { event in
                if case .replica(.storageFailed(let error)) = event { failure.raise(error) }
                if let remark = remarks.remark(on: event) { StandardError.shared.note(remark) }
            }
            let relay = try await ServeCommand.open(path, options, configuration, bots)
            try await StoreIdentity.check(relay.store.source, wanted: source, path: path ?? "") {
                await relay.store.shutDown()
            }
            let place = path ?? "memory"
            try await ServeCommand.serve(relay, failure) { address in
                serves.open()
                StandardError.shared.note(
                    "Serving \(address.http)\(address.tcp.map { " and tcp://\($0)" } ?? "") as "
                        + "\(relay.store.source); the log is in \(place).")
                guard json else { return }
                // A server goes on when nobody reads its output.
                try? await StandardOutput.shared.write(
                    line: Answer.event(
                        "listening",
                        [
                            ("http", Answer.string(address.http)),
                            ("tcp", address.tcp.map(Answer.string) ?? Array("null".utf8)),
                            ("source", Answer.string(relay.store.source.text)),
                        ]))
            }
        }
    }

    private func configuration(_ serves: Latch) -> RelayConfiguration {
        var configuration = RelayConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.tcpPort = tcpPort
        configuration.peers = peer
        configuration.importFile = importFile
        configuration.exportFile = exportFile
        configuration.maximumConnections = maxConnections
        configuration.linkLimits.maximumLineByteCount = maxMessageBytes
        configuration.statisticsInterval = statistics > 0 ? .seconds(statistics) : nil
        // A server that could not begin has one thing to say.
        configuration.report = { if serves.isOpen { StandardError.shared.note($0) } }
        configuration.logger.logLevel = .critical
        return configuration
    }

    /// Lines appended to a store, or to a file of another program, would destroy it.
    private func checkExport() throws {
        guard let exportFile, let kind = try? StoreFile.kind(of: exportFile) else { return }
        guard kind == .lines || kind == .empty else {
            throw CommandFailure(
                "\(exportFile) is not a file of wire lines; it was left as it is. Name another "
                    + "file to export to.")
        }
    }

    private static func open(
        _ path: String?, _ options: GossipOptions<RawAction>,
        _ configuration: RelayConfiguration, _ bots: [any Bot<RawAction>]
    ) async throws -> Relay<ExampleState, RawAction> {
        let storage = try path.map { try SQLiteStorage.open($0, mode: .createIfMissing) }
        do {
            return try await Relay.open(
                reducer: ExampleReducer.counter.reducer, codec: .raw, storage: storage,
                options: options, configuration: configuration, bots: bots)
        } catch {
            await storage?.close()
            throw error
        }
    }

    private static func serve(
        _ relay: Relay<ExampleState, RawAction>, _ failure: StorageFailure,
        _ announce: @escaping @Sendable (RelayAddress) async -> Void
    ) async throws {
        let running = Task { try await relay.run() }
        failure.onRaise { running.cancel() }
        try await withTaskCancellationHandler {
            if let address = try? await relay.listening { await announce(address) }
            try await running.value
        } onCancel: {
            running.cancel()
        }
        if let error = failure.error { throw error }
    }
}

/// A failure of the log's disk, which ends a server: what it accepts from then on would be lost.
private final class StorageFailure: Sendable {
    private struct State {
        var error: StorageError?
        var handler: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var error: StorageError? { state.withLock { $0.error } }

    func raise(_ error: StorageError) {
        let handler = state.withLock { state in
            state.error = state.error ?? error
            return state.handler
        }
        handler?()
    }

    func onRaise(_ handler: @escaping @Sendable () -> Void) {
        let isRaised = state.withLock { state in
            state.handler = handler
            return state.error != nil
        }
        if isRaised { handler() }
    }
}

/// `life` or `life=SECONDS`.
struct BotName: ExpressibleByArgument, Equatable {
    /// The longest pause between two steps: a day.
    static let longestPause = 86_400.0

    let seconds: Double

    init?(argument: String) {
        if argument == "life" {
            seconds = 1
            return
        }
        guard argument.hasPrefix("life="), let seconds = Double(argument.dropFirst(5)),
            seconds >= 0.001, seconds <= BotName.longestPause
        else { return nil }
        self.seconds = seconds
    }

    var bot: WorldActor<RawAction> { .life(every: .milliseconds(Int64(seconds * 1_000))) }
}

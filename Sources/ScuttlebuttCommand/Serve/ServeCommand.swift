// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import Logging
import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// `scuttlebutt serve`: runs the server peer.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a server with web pages that gossips over Primus, WebSocket and TCP.",
        discussion: """
            --port serves the pages, /primus (for redux-scuttlebutt clients) and /ws; --tcp-port \
            serves newline-delimited JSON. Anyone who can reach the server can write to it, so by \
            default it listens on 127.0.0.1 only; use --host to change that. GET /healthz reports \
            whether it is up, GET /statistics what it has done. Ctrl-C saves everything and exits.

              scuttlebutt serve --tcp-port 4000 --bot life
            """)

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port for the pages, /primus and /ws; 0 picks a free port.")
    var port = 3000

    @Option(help: "Port for newline-delimited JSON over TCP; 0 picks a free port (default: none).")
    var tcpPort: Int?

    @Option(
        help: ArgumentHelp(
            "Path below which a proxy serves this server without taking it away, e.g. /sb.",
            valueName: "path"),
        transform: BasePath.init)
    var base: BasePath?

    @Option(
        help: "SQLite file to keep the log in (default: ./scuttlebutt.sqlite).",
        completion: .file())
    var store: String?

    @OptionGroup var sharing: SharingArguments

    @Flag(help: "Keep the log in memory instead of a file.")
    var inMemory = false

    @Option(
        name: .customLong("import"),
        help: "Import this file of wire lines first (redux-scuttlebutt's INFILE).",
        completion: .file())
    var importFile: String?

    @Option(
        name: .customLong("export"),
        help: "Append accepted actions to this file (redux-scuttlebutt's OUTFILE).",
        completion: .file())
    var exportFile: String?

    @Option(
        help: ArgumentHelp(
            "WebAssembly module with the peer for pages, from dev/web; served at /core.wasm. "
                + "Default: ScuttlebuttWasm.wasm beside the program, or in its checkout."),
        completion: .file())
    var coreModule: String?

    @Option(
        help: ArgumentHelp(
            "WebAssembly module with the reducers of the examples, from dev/web; served at "
                + "/examples.wasm. Default: ExamplesWasm.wasm, found likewise."),
        completion: .file())
    var examplesModule: String?

    @Option(
        help: "Folder with pages of your own, read once at the start; files in it come first.",
        completion: .directory)
    var pages: String?

    @Option(
        help: ArgumentHelp(
            "Server to gossip with; redialled when the connection is lost. Repeatable.",
            valueName: "url"))
    var peer: [String] = []

    @OptionGroup var dialling: DialArguments

    @Option(help: "Identity to write as (default: the store's, or a new one).")
    var id: String?

    @Option(
        help: ArgumentHelp(
            "Bot to run in the server: 'life' dispatches STEP once per second.",
            valueName: "life[=seconds]"))
    var bot: [BotName] = []

    @Option(
        help: ArgumentHelp(
            "Maximum size of a WebSocket message or TCP line; a longer one closes its connection.",
            valueName: "bytes"))
    var maxMessageBytes = LinkLimits().maximumLineByteCount

    @Option(
        help: ArgumentHelp(
            "Maximum nesting of an update; a deeper one is refused, the connection stays open.",
            valueName: "levels"))
    var maxDepth = ClassicWire.maximumDepth

    @Option(
        help: ArgumentHelp(
            "Maximum number of open links; 16 more connections are for requests.", valueName: "n"))
    var maxConnections = RelayConfiguration().maximumConnections

    @Option(
        help: ArgumentHelp(
            "Maximum number of open links of one client address (default: none).", valueName: "n"))
    var maxConnectionsPerAddress: Int?

    @OptionGroup var proxies: ProxyArguments

    @Option(
        help: ArgumentHelp(
            "Print traffic statistics at this interval; 0 disables.", valueName: "seconds"))
    var statistics = 60

    @OptionGroup var probing: ProbeArguments

    @Flag(help: "Neither offer nor accept the compression of WebSocket messages.")
    var noCompression = false

    @Flag(help: "Print {\"event\":\"listening\",…} once the server accepts connections.")
    var json = false

    func validate() throws {
        for (name, port) in [("--port", port), ("--tcp-port", tcpPort ?? 0)]
        where !(0...65_535).contains(port) {
            throw ValidationError("invalid \(name) \(port): use 0–65535, where 0 picks a free port")
        }
        if inMemory, store != nil {
            throw ValidationError("--in-memory and --store cannot be combined")
        }
        try sharing.check(id: id, hasStore: !inMemory)
        if sharing.isShared, exportFile != nil {
            throw ValidationError(
                "--shared and --export cannot be combined: the file would lack what other "
                    + "processes write")
        }
        if inMemory, id != nil, !bot.isEmpty {
            throw ValidationError(
                "--id, --in-memory and --bot cannot be combined: after a restart the bot would use "
                    + "timestamps again that it has used before; leave out --id or --in-memory")
        }
        guard (64...ClassicWire.maximumLineByteCount).contains(maxMessageBytes) else {
            throw ValidationError(
                "invalid --max-message-bytes \(maxMessageBytes): use 64–"
                    + "\(ClassicWire.maximumLineByteCount), which is what other peers can receive")
        }
        guard (2...100_000).contains(maxDepth) else {
            throw ValidationError("invalid --max-depth \(maxDepth): use 2–100000")
        }
        guard maxConnections > 0 else {
            throw ValidationError("invalid --max-connections \(maxConnections): use 1 or more")
        }
        guard maxConnectionsPerAddress ?? 1 > 0 else {
            throw ValidationError(
                "invalid --max-connections-per-address \(maxConnectionsPerAddress ?? 0): "
                    + "use 1 or more")
        }
        guard statistics >= 0 else {
            throw ValidationError("invalid --statistics \(statistics): use 0 or more seconds")
        }
    }

    func run() async throws {
        let serves = Latch()
        var configuration = configuration(serves)
        configuration.dialling = try dialling.settings()
        let program = Bundle.main.executableURL
        configuration.coreModule = try
            (coreModule ?? CoreModuleFile.path(of: "ScuttlebuttWasm", for: program))
            .map { try CoreModuleFile.read($0) }
        configuration.files = try pages.map(PageFolder.read) ?? [:]
        if let examples = examplesModule
            ?? CoreModuleFile.path(of: "ExamplesWasm", for: program)
        {
            configuration.files["/examples.wasm"] = try CoreModuleFile.read(
                examples, option: "--examples-module")
        }
        if configuration.coreModule == nil {
            StandardError.shared.note(
                "the pages need the peer's core: dev/web builds it, and --core-module hands it in")
        }
        let path = inMemory ? nil : store ?? "scuttlebutt.sqlite"
        let file = path.map { PeerStore(path: $0, isShared: sharing.isShared) }
        let bots = bot.map { $0.bot }
        let source = try StoreIdentity.read(id)
        try checkExport()
        let json = json
        try await Interruption.watch { [configuration] in
            let failure = FirstStorageError()
            let warnings = GossipWarnings()
            var options = GossipOptions<RawAction>()
            options.bounds.depth = maxDepth - 1
            options.bounds.stringByteCount = max(options.bounds.stringByteCount, maxMessageBytes)
            options.source = source
            options.silenceWatch = probing.watch
            options.onFault = { StandardError.shared.note($0.message) }
            options.onEvent = { event in
                if case .replica(.storageFailed(let error)) = event {
                    // A part that cannot be read leaves the rest usable.
                    if error.code == .foreignOrCorrupt || error.code == .unreadable {
                        StandardError.shared.note(error.message)
                    } else {
                        failure.raise(error)
                    }
                }
                if case .opened(let opened) = event { OpeningText.note(opened) }
                if case .checkpointFailed(let error) = event {
                    StandardError.shared.note("no checkpoint was stored: \(error.message)")
                }
                if case .joining(let event) = event, let text = JoiningText.text(of: event) {
                    StandardError.shared.note(text)
                }
                if let warning = warnings.warning(for: event) {
                    StandardError.shared.note(warning)
                }
            }
            let relay = try await ServeCommand.open(file, options, configuration, bots)
            try await StoreIdentity.check(relay.store.source, wanted: source, path: path ?? "") {
                await relay.store.shutDown()
            }
            let place = path ?? "memory"
            try await ServeCommand.serve(relay, failure) { address in
                serves.open()
                StandardError.shared.note(
                    "serving \(address.http)\(address.tcp.map { " and tcp://\($0)" } ?? "") as "
                        + "\(relay.store.source), log in \(place)")
                guard json else { return }
                // The server keeps running even if nobody reads its output.
                try? await StandardOutput.shared.write(
                    line: Answer.event(
                        "listening",
                        [
                            ("http", Answer.string(address.http)),
                            ("tcp", address.tcp.map(Answer.string) ?? Answer.null),
                            ("source", Answer.string(relay.store.source.text)),
                        ]))
            }
        }
    }

    private func configuration(_ serves: Latch) -> RelayConfiguration {
        var configuration = RelayConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.base = base?.text ?? ""
        configuration.tcpPort = tcpPort
        configuration.peers = peer
        configuration.importFile = importFile
        configuration.exportFile = exportFile
        configuration.maximumConnections = maxConnections
        configuration.linkLimits = probing.limits
        configuration.maximumConnectionsPerAddress = maxConnectionsPerAddress
        configuration.trust = proxies.trust
        configuration.linkLimits.maximumLineByteCount = maxMessageBytes
        configuration.linkLimits.compresses = !noCompression
        configuration.statisticsInterval = statistics > 0 ? .seconds(statistics) : nil
        // Until the server is up, only the error that kept it from starting is printed.
        configuration.report = { if serves.isOpen { StandardError.shared.note($0) } }
        configuration.logger.logLevel = .critical
        return configuration
    }

    /// Refuses to append to a store or to another program's file, which would corrupt it.
    private func checkExport() throws {
        guard let exportFile, let kind = try? StoreFile.kind(of: exportFile) else { return }
        guard kind == .lines || kind == .empty else {
            throw CommandError(
                "cannot export to \(exportFile): it is not a file of wire lines; choose another "
                    + "file")
        }
    }

    private static func open(
        _ file: PeerStore?, _ options: GossipOptions<RawAction>,
        _ configuration: RelayConfiguration, _ bots: [any Bot<RawAction>]
    ) async throws -> Relay<ExampleState, RawAction> {
        let storage = try file?.open()
        do {
            return try await Relay.open(
                reducer: ExampleReducer.counter.reducer, codec: .raw, storage: storage,
                checkpoints: ExampleReducer.counter.checkpoints, options: options,
                configuration: configuration, bots: bots)
        } catch {
            await storage?.close()
            throw error
        }
    }

    private static func serve(
        _ relay: Relay<ExampleState, RawAction>, _ failure: FirstStorageError,
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

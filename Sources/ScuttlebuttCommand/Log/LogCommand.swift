// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// `scuttlebutt log FILE`: prints a saved log.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Print a saved log as wire lines, in agreed order.",
        discussion: """
            FILE is a file of wire lines or an SQLite store, which a server may be using at the \
            same time. With --follow, updates stored later are printed as they are stored, until a \
            signal.

              scuttlebutt log scuttlebutt.sqlite --since 100 | tail
            """)

    @Argument(help: "Store or file of wire lines.", completion: .file())
    var file: String

    @Flag(help: "Keep printing updates as they are stored, until a signal.")
    var follow = false

    @Option(help: "Print only updates written by this source.")
    var source: String?

    @Option(help: ArgumentHelp("Print only updates with a greater timestamp.", valueName: "t"))
    var since: Double?

    @Flag(help: "Print {\"update\":[…]} instead of bare lines.")
    var json = false

    func run() async throws {
        let printer = LogPrinter(filter: try filter(), asObjects: json)
        let (path, follow) = (file, follow)
        try await Interruption.watch(secondLimit: 1, on: OwnThread()) {
            let file = try LogFile(path, rules: .upstream)
            if follow {
                try await LogFollower(file: file, printer: printer).run()
            } else {
                try await LogCommand.printAll(file, printer)
            }
        }
    }

    private func filter() throws -> LogFilter {
        if let since, !(since >= 0) || since.isInfinite {
            throw ValidationError("invalid --since \(since): use a finite timestamp, 0 or greater")
        }
        var filter = LogFilter(since: since ?? 0)
        if let source {
            guard let source = Source(source) else {
                throw CommandError("invalid --source '\(source)': no peer can have this name")
            }
            filter.source = source
        }
        return filter
    }

    private static func printAll(_ file: LogFile, _ printer: LogPrinter) async throws {
        if try await AgreedOrder(file: file).isStored() {
            return try await AgreedOrder(file: file).forEach(restart: {}) { try printer.print($0) }
        }
        let wanted = Mutex<[Update]>([])
        try await file.read { updates in
            wanted.withLock { $0 += updates.filter(printer.filter.passes) }
        }
        try printer.print(AgreedOrder.sorted(wanted.withLock { $0 }))
    }
}

/// Selects the updates to print.
struct LogFilter: Sendable {
    var source: Source?
    var since: Double

    func passes(_ update: Update) -> Bool {
        update.timestamp.value > since && (source == nil || source == update.source)
    }
}

/// Prints updates as wire lines, byte for byte, or as objects.
struct LogPrinter: Sendable {
    /// The number of buffered bytes that triggers a write.
    static let bufferByteCount = 1 << 16

    let filter: LogFilter
    let asObjects: Bool

    func print(_ updates: [Update]) throws {
        var bytes: [UInt8] = []
        for update in updates where filter.passes(update) {
            if asObjects {
                bytes += Answer.update(update)
            } else {
                ClassicWire.append(update, to: &bytes)
            }
            bytes.append(0x0A)
            if bytes.count >= LogPrinter.bufferByteCount {
                try StandardOutput.shared.writeNow(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        if !bytes.isEmpty { try StandardOutput.shared.writeNow(bytes) }
    }
}

/// Prints a growing log.
private struct LogFollower {
    /// How often the store or file is polled.
    static let interval = Duration.milliseconds(100)

    let file: LogFile
    let printer: LogPrinter

    func run() async throws {
        if file.kind == .store { try await followStore() } else { try await followLines() }
    }

    private func followStore() async throws {
        let storage = try SQLiteStorage.open(file.path, mode: .readOnly)
        var cursor = SQLiteStorage.Cursor.start
        while true {
            var news: [Update] = []
            while true {
                let (updates, next) = try await storage.updates(after: cursor)
                cursor = next
                if updates.isEmpty { break }
                news += updates
            }
            try printer.print(AgreedOrder.sorted(news))
            try await Task.sleep(for: LogFollower.interval)
        }
    }

    private func followLines() async throws {
        var tail = try LineTail(path: file.path)
        var decoder = LineDecoder(wire: ClassicWire(rules: file.rules))
        while true {
            var news: [Update] = []
            while let lines = try tail.next() {
                for line in lines {
                    let update = try line.bytes.withUnsafeBufferPointer {
                        try file.decode($0, line.number, &decoder)
                    }
                    if let update { news.append(update) }
                }
            }
            try printer.print(AgreedOrder.sorted(news))
            try await Task.sleep(for: LogFollower.interval)
        }
    }
}

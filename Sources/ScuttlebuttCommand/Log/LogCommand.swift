// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
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
                try file.requireNewest()
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
        let before = printer.filter.before
        try await AgreedOrder(file: file, isWanted: printer.filter.passes).forEach(
            after: { index in
                guard let before else { return .beginning }
                return try await index.log.place(through: before)
            }
        ) { try printer.print($0) }
    }
}

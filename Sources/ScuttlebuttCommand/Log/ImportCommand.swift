// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// `scuttlebutt import FILE --store STORE`: brings a saved log into a store.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring a saved log into a store.",
        discussion: """
            FILE is a file of wire lines or another SQLite store; STORE is made if there is none. \
            All of FILE is checked first: with one bad line in it nothing is imported. What STORE \
            has already is skipped, so a second import changes nothing, and one that was \
            interrupted is finished by running it again.

              scuttlebutt import actions.log --store scuttlebutt.sqlite
            """)

    @Argument(help: "A file of wire lines or a store.", completion: .file())
    var file: String

    @Option(help: "The store to import into.", completion: .file())
    var store: String

    @Flag(help: "Print {\"imported\":n,\"skipped\":n}.")
    var json = false

    func run() async throws {
        let (path, store, json) = (file, store, json)
        try await Interruption.watch(on: OwnThread()) {
            let file = try LogFile(path, rules: .fork)
            let updates = try await AgreedOrder(file: file).sorted()
            let storage = try SQLiteStorage.open(store, mode: .createIfMissing)
            let result: ImportRun.Result
            do {
                result = try await ImportRun(storage: storage).run(updates)
            } catch {
                await storage.close()
                throw error
            }
            await storage.close()
            StandardError.shared.endProgress()
            let text = "\(result.imported) actions imported, \(result.skipped) were there already"
            StandardError.shared.note(
                text + (result.older > 0 ? ", \(result.older) came too late for their source" : "")
                    + ".")
            guard json else { return }
            let line =
                "{\"imported\":\(result.imported),\"skipped\":\(result.skipped + result.older)}\n"
            try StandardOutput.shared.writeNow(Array(line.utf8))
        }
    }
}

/// One import of a file that was checked.
private struct ImportRun {
    struct Result {
        var imported = 0
        /// How many the store had.
        var skipped = 0
        /// How many are older than what the store has of their source, and not in it: a log takes
        /// each source in ascending order only, or peers would miss updates.
        var older = 0
    }

    let storage: SQLiteStorage

    func run(_ updates: [Update]) async throws -> Result {
        let log = Mutex(UpdateLog())
        try await storage.load { stored in
            log.withLock { log in for update in stored { log.append(update) } }
        }
        var known = log.withLock { $0 }
        var result = Result()
        for start in stride(from: 0, to: updates.count, by: LogFile.batchLimit) {
            try Task.checkCancellation()
            var news: [Update] = []
            for update in updates[start..<min(start + LogFile.batchLimit, updates.count)] {
                if known.append(update) {
                    news.append(update)
                } else if known.update(at: update.stamp) != nil {
                    result.skipped += 1
                } else {
                    result.older += 1
                }
            }
            if !news.isEmpty { try await storage.append(news) }
            result.imported += news.count
            StandardError.shared.progress("\(start + news.count) of \(updates.count) actions")
        }
        return result
    }
}

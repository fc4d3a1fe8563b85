// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttSQLite
import Synchronization

/// `scuttlebutt import FILE --store STORE`: imports a saved log into a store.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import a saved log into a store.",
        discussion: """
            FILE is a file of wire lines or another SQLite store. The store is created if it does \
            not exist. All of FILE is checked first: if any line is invalid, nothing is imported. \
            Actions already in the store are skipped, so repeating an import changes nothing, and \
            an interrupted import can be completed by running it again.

              scuttlebutt import actions.log --store scuttlebutt.sqlite
            """)

    @Argument(help: "File of wire lines, or store.", completion: .file())
    var file: String

    @Option(help: "Store to import into.", completion: .file())
    var store: String

    @Flag(help: "Print {\"imported\":n,\"skipped\":n} to stdout.")
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
            let text =
                "imported \(result.imported) actions, skipped \(result.skipped) already present"
            StandardError.shared.note(
                text
                    + (result.older > 0
                        ? " and \(result.older) older than the newest of their source" : ""))
            if json {
                let skipped = result.skipped + result.older
                let line = "{\"imported\":\(result.imported),\"skipped\":\(skipped)}\n"
                try StandardOutput.shared.writeNow(Array(line.utf8))
            }
            try file.requireNewest()
        }
    }
}

/// One import of updates that have been checked.
private struct ImportRun {
    struct Result {
        var imported = 0
        /// The number of updates the store already had.
        var skipped = 0
        /// The number of updates that are missing from the store but older than its newest of the
        /// same source.
        ///
        /// They cannot be added: a log takes each source in ascending order only, because peers
        /// would otherwise miss updates.
        var older = 0
    }

    let storage: SQLiteStorage

    func run(_ updates: [Update]) async throws -> Result {
        let log = Mutex(UpdateLog())
        // Counts the sources like a peer that opens the store later. A new store has no source yet.
        var generator = SystemRandomNumberGenerator()
        let gossip = Mutex(
            Gossip(source: .random(using: &generator), wire: ClassicWire(rules: .fork)))
        try await storage.load { stored in
            log.withLock { log in for update in stored { log.append(update) } }
            gossip.withLock { gossip in for update in stored { gossip.restore(update.stamp) } }
        }
        try requireRoom(for: updates, gossip.withLock { $0 })
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

    /// - Throws: ``CommandError`` if no peer could tell others afterwards what the store has.
    private func requireRoom(for updates: [Update], _ stored: Gossip) throws {
        var gossip = stored
        for update in updates {
            guard gossip.hasRoom(for: update.source) else {
                throw CommandError(
                    "cannot import: \(storage.path) would have more sources than a log can have, "
                        + "\(ClassicWire.maximumSources) at most; nothing was imported")
            }
            gossip.restore(update.stamp)
        }
    }
}

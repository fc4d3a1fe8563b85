// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// Prints a growing log.
struct LogFollower {
    /// How often the store or file is polled.
    static let interval = Duration.milliseconds(100)

    let file: LogFile
    let printer: LogPrinter
    private let identity: FileIdentity?

    /// Creates a follower of a file that exists.
    init(file: LogFile, printer: LogPrinter) {
        self.file = file
        self.printer = printer
        // Before it is opened, so that a replacement in between is noticed, not followed.
        identity = FileIdentity(path: file.path)
    }

    func run() async throws {
        // What is missing will not come: nobody writes to such a copy.
        try file.requireNewest()
        if file.kind == .store { try await followStore() } else { try await followLines() }
    }

    private func followStore() async throws {
        let storage = try SQLiteStorage.open(file.path, mode: .readOnly)
        var cursor = try await printPresent(storage)
        while true {
            let place = FileIdentity(path: file.path)
            var news: [Update] = []
            while true {
                let updates: [Update]
                do {
                    (updates, cursor) = try await storage.updates(after: cursor)
                } catch {
                    // The file's absence is the cause of whatever went wrong.
                    try requireSameFile(FileIdentity(path: file.path))
                    throw error
                }
                if updates.isEmpty { break }
                news += updates
            }
            try printer.print(AgreedOrder.sorted(news))
            try requireSameFile(place)
            try await Task.sleep(for: LogFollower.interval)
        }
    }

    /// Prints what the store has at first, page by page, if it can be read in part.
    ///
    /// - Returns: The cursor after it; the start if nothing was printed.
    private func printPresent(_ storage: SQLiteStorage) async throws -> SQLiteStorage.Cursor {
        var hasPrinted = false
        do {
            guard let log = try await LogFile.index(of: storage)?.log else { return .start }
            var place = IndexedLog.Place.beginning
            if let before = printer.filter.before { place = try await log.place(through: before) }
            try await log.forEach(after: place) { updates in
                // Another file in its place would give its own updates.
                try requireSameFile(FileIdentity(path: file.path))
                hasPrinted = true
                try printer.print(updates)
            }
            return SQLiteStorage.Cursor(place: Int64(log.pages.count))
        } catch let error as IndexedLog.Unusable {
            try requireSameFile(FileIdentity(path: file.path))
            if !hasPrinted { return .start }
            throw CommandError(
                "the index of \(file.path) is damaged: \(error); print it without --follow")
        }
    }

    private func followLines() async throws {
        let reader = try WireLineReader(path: file.path)
        var decoder = LineDecoder(wire: ClassicWire(rules: file.rules))
        while true {
            let place = FileIdentity(path: file.path)
            var news: [Update] = []
            while let batch = try reader.nextComplete() {
                try file.forEachUpdate(in: batch, &decoder) { news.append($0) }
            }
            try printer.print(AgreedOrder.sorted(news))
            try requireSameFile(place)
            try await Task.sleep(for: LogFollower.interval)
        }
    }

    /// Ends when another file has taken the place of the one that is followed, which nobody writes
    /// any more.
    ///
    /// - Parameter place: What was there before what is new in the followed file was read.
    /// - Throws: ``CommandError`` if the file was replaced or removed.
    private func requireSameFile(_ place: FileIdentity?) throws {
        guard place != identity else { return }
        let outcome =
            place == nil
            ? "was removed, so that nothing more will come"
            : "was replaced by another file; run the command again to follow the new one"
        throw CommandError("\(file.path) \(outcome)", code: CommandError.checkFailed)
    }
}

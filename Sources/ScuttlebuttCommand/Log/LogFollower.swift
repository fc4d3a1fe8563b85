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

    func run() async throws {
        // What is missing will not come: nobody writes to such a copy.
        try file.requireNewest()
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
        let reader = try WireLineReader(path: file.path)
        var decoder = LineDecoder(wire: ClassicWire(rules: file.rules))
        while true {
            var news: [Update] = []
            while let batch = try reader.nextComplete() {
                try file.forEachUpdate(in: batch, &decoder) { news.append($0) }
            }
            try printer.print(AgreedOrder.sorted(news))
            try await Task.sleep(for: LogFollower.interval)
        }
    }
}

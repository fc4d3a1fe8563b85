// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttSQLite

/// Prints a growing log.
struct LogFollower {
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

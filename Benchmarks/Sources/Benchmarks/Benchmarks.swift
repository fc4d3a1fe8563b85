// SPDX-License-Identifier: MIT

import Foundation

/// Runs every group of benchmarks, or those named on the command line (`dispatch`, `growth`,
/// `history`, `handshake`, `catchup`, `sync`, `memory`, `fanout`, `slow-reader`, `storage`,
/// `checkpoint`, `join`, `models`, `array`, `doc`, `text`), and prints one table.
@main
struct Benchmarks {
    static func main() async throws {
        let wanted = Set(CommandLine.arguments.dropFirst())
        func isWanted(_ group: String) -> Bool { wanted.isEmpty || wanted.contains(group) }
        var rows: [Row] = []
        if isWanted("dispatch") { rows += try dispatchBenchmarks() }
        if isWanted("growth") { rows += try growthBenchmarks() }
        if isWanted("history") { rows += historyBenchmarks() }
        if isWanted("handshake") { rows += handshakeBenchmarks() }
        if isWanted("catchup") { rows += try catchUpBenchmarks() }
        if isWanted("sync") { rows += try await firstSyncBenchmarks() }
        if isWanted("memory") { rows += try await memoryBenchmarks() }
        if isWanted("fanout") { rows += try await fanOutBenchmarks() }
        if isWanted("slow-reader") { rows += try await slowReaderBenchmarks() }
        if isWanted("checkpoint") { rows += try await checkpointBenchmarks() }
        if isWanted("join") { rows += try await joinBenchmarks() }
        if isWanted("storage") { rows += try await storageBenchmarks() }
        if isWanted("models") { rows += try modelBenchmarks() }
        if isWanted("array") { rows += try arrayBenchmarks() }
        if isWanted("doc") { rows += try docBenchmarks() }
        if isWanted("text") { rows += try textBenchmarks() }
        report(rows)
    }

    static func report(_ rows: [Row]) {
        let baseline = rows.first { $0.name == "bare store loop" }?.value
        print("| what | value | unit | goal | of the bare loop |")
        print("|---|---|---|---|---|")
        for row in rows {
            let ratio =
                row.unit == "actions/s"
                ? baseline.map { String(format: "%.2f", row.value / $0) } ?? "" : ""
            let value =
                row.value >= 1_000
                ? String(format: "%.0f", row.value) : String(format: "%.3g", row.value)
            print("| \(row.name) | \(value) | \(row.unit) | \(row.goal) | \(ratio) |")
        }
    }
}

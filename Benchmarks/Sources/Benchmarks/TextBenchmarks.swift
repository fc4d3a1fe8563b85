// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttModels

/// What people really typed, keystroke by keystroke, as recorded by Seph Gentle.
private struct TextTrace: Decodable {
    struct Transaction: Decodable {
        let parents: [Int]?
        let agent: Int?
        let patches: [Patch]
    }

    struct Patch: Decodable {
        let range: Range<Int>
        let text: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            let start = try values.decode(Int.self)
            range = start..<start + (try values.decode(Int.self))
            text = try values.decode(String.self)
        }
    }

    let endContent: String
    let txns: [Transaction]

    /// Reads a trace; `nil` where it is neither in `Tests/Traces` nor in the folder that the
    /// environment variable `SCUTTLEBUTT_TRACES` names.
    init?(named name: String) throws {
        let ours = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "../../../Tests/Traces")
        let given = ProcessInfo.processInfo.environment["SCUTTLEBUTT_TRACES"]
            .map { URL(filePath: $0) }
        let files = [ours, given]
            .compactMap { $0?.appending(path: "\(name).json.gz").standardizedFileURL }
        guard let file = files.first(where: { FileManager.default.fileExists(atPath: $0.path) })
        else { return nil }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        self = try JSONDecoder().decode(TextTrace.self, from: data)
    }
}

/// What recorded texts cost: typing, applying, saving and opening them, and keeping them.
func textBenchmarks() throws -> [Row] {
    try oneAuthor("sveltecomponent", ["", "", "", "", ""])
        + oneAuthor(
            "rustcode",
            ["under 40 ms", "under 15 ms", "under 360 kB", "under 1 ms", "under 12 bytes"])
        + twoAuthors("friendsforever")
}

private func oneAuthor(_ name: String, _ goals: [String]) throws -> [Row] {
    guard let trace = try TextTrace(named: name), let author = Source("A") else {
        return [missing(name)]
    }
    let patches = trace.txns.flatMap(\.patches)
    func typed() throws -> TextDocument {
        var document = TextDocument()
        for patch in patches { try document.replace(patch.range, with: patch.text, by: author) }
        return document
    }
    let document = try typed()
    guard document.text == trace.endContent else { return [missing(name)] }
    let bytes = document.saved()
    let typing = try medianSeconds { keep(try typed()) }
    let merging = try medianSeconds {
        var merged = TextDocument()
        try merged.merge(bytes)
        keep(merged)
    }
    let saving = medianSeconds { keep(document.saved()) }
    let opening = try medianSeconds { keep(try TextDocument(saved: bytes)) }
    var operations: [TextOperation] = []
    var author2 = TextDocument()
    for patch in patches {
        operations.append(try author2.replace(patch.range, with: patch.text, by: author))
    }
    let applying = try medianSeconds {
        var other = TextDocument()
        for operation in operations { try other.apply(operation) }
        keep(other)
    }
    let copies = 50
    let before = heapBytes()
    var kept: [TextDocument] = []
    for _ in 0..<copies { kept.append(try typed()) }
    let used = Double(heapBytes() - before) / Double(copies * document.count)
    keep(kept)
    let count = "\(patches.count) edits"
    return [
        Row(name: "\(name): \(count) typed", value: typing * 1e3, unit: "ms", goal: goals[0]),
        Row(name: "\(name): \(count) applied one by one", value: applying * 1e3, unit: "ms"),
        Row(
            name: "\(name): merged from what is saved", value: merging * 1e3, unit: "ms",
            goal: goals[1]),
        Row(
            name: "\(name): saved, of \(document.count) scalars", value: Double(bytes.count),
            unit: "bytes", goal: goals[2]),
        Row(name: "\(name): saving", value: saving * 1e3, unit: "ms"),
        Row(name: "\(name): opening", value: opening * 1e3, unit: "ms", goal: goals[3]),
        Row(
            name: "\(name): memory after typing", value: used, unit: "bytes/scalar",
            goal: goals[4]),
    ]
}

private func twoAuthors(_ name: String) throws -> [Row] {
    guard let trace = try TextTrace(named: name), let a = Source("A"), let b = Source("B") else {
        return [missing(name)]
    }
    let authors = [a, b]
    var documents = [TextDocument(), TextDocument()]
    var seen: [Set<Int>] = [[], []]
    var operations: [TextOperation] = []
    for (index, transaction) in trace.txns.enumerated() {
        let agent = transaction.agent ?? 0
        var stack = transaction.parents ?? []
        var lacking: [Int] = []
        while let next = stack.popLast() {
            guard seen[agent].insert(next).inserted else { continue }
            lacking.append(next)
            stack += trace.txns[next].parents ?? []
        }
        for index in lacking.sorted() { try documents[agent].apply(operations[index]) }
        seen[agent].insert(index)
        for patch in transaction.patches {
            operations.append(
                try documents[agent].replace(patch.range, with: patch.text, by: authors[agent]))
        }
    }
    func applied(_ operations: [TextOperation]) throws -> TextDocument {
        var document = TextDocument()
        for operation in operations { try document.apply(operation) }
        return document
    }
    let document = try applied(operations)
    guard document.text == trace.endContent else { return [missing(name)] }
    let bytes = document.saved()
    let saving = medianSeconds { keep(document.saved()) }
    let opening = try medianSeconds { keep(try TextDocument(saved: bytes)) }
    let recorded = try medianSeconds { keep(try applied(operations)) }
    let apart = operations.filter { $0.source == b } + operations.filter { $0.source == a }
    let adverse = try medianSeconds { keep(try applied(apart)) }
    let count = "\(operations.count) edits"
    return [
        Row(
            name: "\(name): \(count) applied as recorded", value: recorded * 1e3, unit: "ms",
            goal: "under 30 ms"),
        Row(
            name: "\(name): all of one author before the other", value: adverse * 1e3, unit: "ms"),
        Row(
            name: "\(name): saved, of \(document.count) scalars", value: Double(bytes.count),
            unit: "bytes"),
        Row(name: "\(name): saving", value: saving * 1e3, unit: "ms"),
        Row(name: "\(name): opening", value: opening * 1e3, unit: "ms"),
    ]
}

private func missing(_ name: String) -> Row {
    Row(
        name: "\(name): skipped, it is not in Tests/Traces or $SCUTTLEBUTT_TRACES", value: 0,
        unit: "")
}

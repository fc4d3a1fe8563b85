// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import Testing

@testable import ScuttlebuttModels

/// Stamps and applies writes, as a driver does.
private struct Desk<Value: Replicated> {
    var value: Value
    let source: Source
    private var time = 0.0
    private(set) var written: [Update] = []

    init(_ value: Value, source: Source) {
        self.value = value
        self.source = source
    }

    mutating func write(_ body: (Value) throws -> Payload?) throws {
        guard let payload = try body(value) else { return }
        receive(update(source.text, time + 1, payload))
    }

    mutating func receive(_ update: Update) {
        time = max(time, update.timestamp.value)
        value.apply(update)
        written.append(update)
    }
}

@Suite("The article about arrays", .timeLimit(.minutes(10)))
struct ArraySnippetTests {
    @Test("Array")
    func array() throws {
        var lines: [String] = []
        func print(_ value: Any) { lines.append("\(value)") }
        let me = source("A")
        var driver = Desk(ReplicatedArray<String>(source: me), source: me)
        // Begin Array
        try driver.write { try $0.pushing("milk") }
        try driver.write { try $0.pushing(contentsOf: ["bread", "tea"]) }
        try driver.write { try $0.splicing(at: 1, removing: 1, inserting: ["rye", "jam"]) }
        print(driver.value.values)  // ["milk", "rye", "jam", "tea"]
        try driver.write { $0.removing(at: 0) }
        print(driver.value.map { $0 ?? "?" }.joined(separator: ", "))  // rye, jam, tea
        if let key = driver.value.key(at: 2) {
            try driver.write { try $0.setting("green tea", for: key) }
            print(driver.value.index(of: key) ?? -1)  // 2
        }
        // End
        #expect(lines == [#"["milk", "rye", "jam", "tea"]"#, "rye, jam, tea", "2"])
    }

    @Test("Edit")
    func edit() throws {
        var lines: [String] = []
        func print(_ value: Any) { lines.append("\(value)") }
        let me = source("A")
        var driver = Desk(ReplicatedEdit(source: me), source: me)
        let update = update("B", 9, #"{"0":"by Bob\n"}"#)
        var copy = driver.value
        // Begin Edit
        try driver.write { $0.setting(text: "one\ntwo\n") }
        try driver.write { $0.setting(text: "one\nand a half\ntwo\n") }
        print(driver.value.lines.values)  // ["one\n", "and a half\n", "two\n", ""]

        // A change tells where a cursor goes; `changes` are those that the driver reports.
        var undo = EditUndo(source: me)
        var cursor = 4
        func follow(_ changes: [EditChange]) {
            for change in changes { cursor = change.moved(cursor) }
            undo.record(changes)
        }
        // End
        var changes: [EditChange]? = []
        for update in driver.written { _ = copy.apply(update, changes: &changes) }
        follow(changes ?? [])
        changes = []
        driver.receive(update)
        _ = copy.apply(update, changes: &changes)
        cursor = 4
        follow(changes ?? [])
        #expect(cursor == 11)
        try driver.write { undo.undo(in: $0) }
        #expect(driver.value.text == "by Bob\n")
        #expect(lines == [#"["one\n", "and a half\n", "two\n", ""]"#])
    }

    @Test("The programs of the article are those that are run here")
    func equal() throws {
        let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        func lines(_ path: String) throws -> [String] {
            try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        func blocks(_ lines: [String], _ begin: String, _ end: String, indent: Int) -> [[String]] {
            var result: [[String]] = []
            var isInside = false
            for line in lines {
                let trimmed = line.trimmingCharacters(in: .whitespaces)
                if trimmed.hasPrefix(begin) {
                    isInside = true
                    result.append([])
                } else if trimmed == end {
                    isInside = false
                } else if isInside {
                    result[result.count - 1].append(String(line.dropFirst(indent)))
                }
            }
            return result
        }
        let article = "../../../Sources/ScuttlebuttModels/ScuttlebuttModels.docc/Arrays.md"
        let printed = blocks(try lines(article), "```swift", "```", indent: 0)
        let run = blocks(try lines("ArraySnippetTests.swift"), "// Begin", "// End", indent: 8)
        #expect(printed.count == 2 && printed == run)
    }
}

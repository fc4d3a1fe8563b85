// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import Testing

/// The programs of Arrays.md.
enum ArraysSnippets {
    static var all: [Snippet] { [Snippet("Array", array), Snippet("Edit", edit)] }

    @Sendable static func array(_ print: Snippet.Print) throws {
        let driver = SnippetDriver(ReplicatedArray<String>(source: source("A")))
        // Begin Array
        try driver.write { try $0.makePush("milk") }
        try driver.write { try $0.makePush(contentsOf: ["bread", "tea"]) }
        try driver.write { try $0.makeSplice(at: 1, removing: 1, inserting: ["rye", "jam"]) }
        print(driver.value.values)  // ["milk", "rye", "jam", "tea"]
        try driver.write { $0.makeRemove(at: 0) }
        print(driver.value.map { $0 ?? "?" }.joined(separator: ", "))  // rye, jam, tea
        if let key = driver.value.key(at: 2) {
            try driver.write { try $0.makeSet("green tea", for: key) }
            print(driver.value.index(of: key) ?? -1)  // 2
        }
        // End
    }

    @Sendable static func edit(_ print: Snippet.Print) throws {
        let me = source("A")
        let driver = SnippetDriver(ReplicatedEdit(source: me))
        var copy = driver.value
        // Begin Edit
        try driver.write { $0.makeSet(text: "one\ntwo\n") }
        try driver.write { $0.makeSet(text: "one\nand a half\ntwo\n") }
        print(driver.value.lines.values)  // ["one\n", "and a half\n", "two\n", ""]

        // A change says where a cursor goes; `changes` are those that the driver reports.
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
        let byBob = update("B", 9, #"{"0":"by Bob\n"}"#)
        driver.receive(byBob)
        _ = copy.apply(byBob, changes: &changes)
        cursor = 4
        follow(changes ?? [])
        #expect(cursor == 11)
        try driver.write { undo.undo(in: $0).change }
        #expect(driver.value.text == "by Bob\n")
    }
}

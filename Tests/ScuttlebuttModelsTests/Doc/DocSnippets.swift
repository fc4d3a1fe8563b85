// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

// The programs of Doc.md, compiled: `DocSnippetTests` compares what stands between the marks with
// the article, and what is printed with the comments behind it.

/// What the programs need of a `ReplicaDriver`, which is of another module.
final class SnippetDriver {
    private(set) var value: ReplicatedDoc<JSONValue>
    private var time = 0.0

    init(_ value: ReplicatedDoc<JSONValue>) { self.value = value }

    func write(_ prepare: (ReplicatedDoc<JSONValue>) throws -> Payload?) throws {
        guard let payload = try prepare(value) else { return }
        time += 1
        value.apply(update("A", time, payload))
    }
}

enum DocSnippets {
    typealias Print = (Any) -> Void

    static var all: [(heading: String, run: (SnippetDriver, Print) throws -> Void)] {
        [("Doc", doc), ("Row", row), ("Set", set), ("Seq", sequence)]
    }

    static func declared() -> ReplicatedDoc<JSONValue> {
        // Begin Doc, declared
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("cheeses", where: "type", equals: "cheese")
        doc.declareSequence("todo", where: "list", equals: "todo")
        // End
        return doc
    }

    static func doc(_ driver: SnippetDriver, _ print: Print) throws {
        // Begin Doc
        try driver.write { try $0.setting("brie", ["type": "cheese", "age": 3]) }
        try driver.write { try $0.setting("port", ["type": "wine"]) }
        try driver.write { $0.removing("port") }
        print(driver.value.rows.map(\.id))  // [brie]
        print(driver.value.count)  // 1
        // End
    }

    static func row(_ driver: SnippetDriver, _ print: Print) throws {
        // Begin Row
        struct Cheese: Codable { var type: String, age: Int }
        try driver.write { try $0.setting("brie", from: Cheese(type: "cheese", age: 3)) }
        try driver.write { try $0.setting("brie", "age", to: 4) }
        let brie = driver.value.row("brie")
        print(brie?["age"]?.integer ?? 0)  // 4
        print(brie?.decoded(as: Cheese.self)?.type ?? "")  // cheese
        // End
    }

    static func set(_ driver: SnippetDriver, _ print: Print) throws {
        // Begin Set
        try driver.write { try $0.adding("brie", ["age": 3], to: "cheeses") }
        try driver.write { try $0.adding("comté", ["age": 12], to: "cheeses") }
        print(driver.value.set("cheeses").map(\.id))  // [brie, comté]
        try driver.write { $0.removing("brie", from: "cheeses") }
        print(driver.value.set("cheeses").contains("brie"))  // false
        print(driver.value.row("brie")?["age"]?.integer ?? 0)  // 3
        // End
    }

    static func sequence(_ driver: SnippetDriver, _ print: Print) throws {
        // Begin Seq
        try driver.write { try $0.pushing("milk", ["text": "Buy milk"], to: "todo") }
        try driver.write { try $0.pushing("bread", to: "todo") }
        try driver.write { try $0.inserting("tea", before: "bread", in: "todo") }
        print(driver.value.sequence("todo").map(\.id))  // [milk, tea, bread]
        try driver.write { $0.moving("milk", after: "tea", in: "todo") }
        print(driver.value.sequence("todo").map(\.id))  // [tea, milk, bread]
        try driver.write { $0.popping(from: "todo") }
        print(driver.value.sequence("todo").last?.id ?? "")  // milk
        // End
    }
}

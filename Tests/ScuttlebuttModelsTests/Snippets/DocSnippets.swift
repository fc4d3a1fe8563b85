// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

/// The programs of Doc.md.
enum DocSnippets {
    typealias Driver = SnippetDriver<ReplicatedDoc<JSONValue>>

    static var all: [Snippet] {
        [
            Snippet("Doc") { try doc(Driver(declared()), $0) },
            Snippet("Row") { try row(Driver(declared()), $0) },
            Snippet("Set") { try set(Driver(declared()), $0) },
            Snippet("Seq") { try sequence(Driver(declared()), $0) },
        ]
    }

    static func declared() -> ReplicatedDoc<JSONValue> {
        // Begin Doc, 2
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("cheeses", where: "type", equals: "cheese")
        doc.declareSequence("todo", where: "list", equals: "todo")
        // End
        return doc
    }

    static func doc(_ driver: Driver, _ print: Snippet.Print) throws {
        // Begin Doc
        try driver.write { try $0.makeSet("brie", ["type": "cheese", "age": 3]) }
        try driver.write { try $0.makeSet("port", ["type": "wine"]) }
        try driver.write { $0.makeRemove("port") }
        print(driver.value.rows.map(\.id))  // [brie]
        print(driver.value.count)  // 1
        // End
    }

    static func row(_ driver: Driver, _ print: Snippet.Print) throws {
        // Begin Row
        struct Cheese: Codable { var type: String, age: Int }
        try driver.write { try $0.makeSet("brie", from: Cheese(type: "cheese", age: 3)) }
        try driver.write { try $0.makeSet("brie", "age", to: 4) }
        let brie = driver.value.row("brie")
        print(brie?["age"]?.integer ?? 0)  // 4
        print(brie?.decoded(as: Cheese.self)?.type ?? "")  // cheese
        // End
    }

    static func set(_ driver: Driver, _ print: Snippet.Print) throws {
        // Begin Set
        try driver.write { try $0.makeAdd("brie", ["age": 3], to: "cheeses") }
        try driver.write { try $0.makeAdd("comté", ["age": 12], to: "cheeses") }
        print(driver.value.set("cheeses").map(\.id))  // [brie, comté]
        try driver.write { $0.makeRemove("brie", from: "cheeses") }
        print(driver.value.set("cheeses").contains("brie"))  // false
        print(driver.value.row("brie")?["age"]?.integer ?? 0)  // 3
        // End
    }

    static func sequence(_ driver: Driver, _ print: Snippet.Print) throws {
        // Begin Seq
        try driver.write { try $0.makePush("milk", ["text": "Buy milk"], to: "todo") }
        try driver.write { try $0.makePush("bread", to: "todo") }
        try driver.write { try $0.makeInsert("tea", before: "bread", in: "todo") }
        print(driver.value.sequence("todo").map(\.id))  // [milk, tea, bread]
        try driver.write { $0.makeMove("milk", after: "tea", in: "todo") }
        print(driver.value.sequence("todo").map(\.id))  // [tea, milk, bread]
        try driver.write { $0.makePop(from: "todo") }
        print(driver.value.sequence("todo").last?.id ?? "")  // milk
        // End
    }
}

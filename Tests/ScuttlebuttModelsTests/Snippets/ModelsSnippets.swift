// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// The programs of Models.md.
enum ModelsSnippets {
    typealias Driver = SnippetDriver

    static var all: [Snippet] {
        [
            Snippet("Model") { try model(Driver(ReplicatedModel()), $0) },
            Snippet("Value") { try value(Driver(ReplicatedValue(historyLength: 2)), $0) },
            Snippet("Events") { try events(Driver(ReplicatedEvents()), $0) },
            Snippet("AppendOnly") { try appendOnly(Driver(ReplicatedAppendOnly()), $0) },
            Snippet("ExpiryModel") { try expiryModel(Driver(ReplicatedExpiryModel()), $0) },
            Snippet("Bucket") { print in
                let parts = ReplicatedBucket([
                    "settings": ReplicatedModel<String>(), "chat": ReplicatedEvents<String>(),
                ])
                try bucket(Driver(parts), print)
            },
        ]
    }

    static func model(_ driver: Driver<ReplicatedModel<String>>, _ print: Snippet.Print) throws {
        // Begin Model
        try driver.write { try $0.makeSet("theme", to: "dark") }
        try driver.write { try $0.makeSet("font", to: "serif") }
        try driver.write { $0.makeRemove("font") }
        print(driver.value["theme"] ?? "")  // dark
        print(driver.value.keys)  // [font, theme]
        print(driver.value.presentKeys)  // [theme]
        // End
    }

    static func value(_ driver: Driver<ReplicatedValue<String>>, _ print: Snippet.Print) throws {
        // Begin Value
        try driver.write { try $0.makeSet("draft") }
        try driver.write { try $0.makeSet("final") }
        print(driver.value.value ?? "")  // final
        print(driver.value.past.compactMap { $0 })  // ["final", "draft"]
        // End
    }

    static func events(_ driver: Driver<ReplicatedEvents<String>>, _ print: Snippet.Print) throws {
        // Begin Events
        try driver.write { try $0.makeEmit("chat", "hello") }
        try driver.write { try $0.makeEmit("chat", "how", "are", "you") }
        print(driver.value.count(of: "chat"))  // 2
        print(driver.value.events(named: "chat").last?.arguments.count ?? 0)  // 3
        // End
    }

    static func appendOnly(
        _ driver: Driver<ReplicatedAppendOnly<[String: String]>>, _ print: Snippet.Print
    ) throws {
        // Begin AppendOnly
        try driver.write { try $0.makePush(["say": "one"]) }
        try driver.write { try $0.makePush(["say": "two"]) }
        let first = driver.value.items[0]
        print(first.id)  // A:1
        try driver.write { $0.makeRemove(first.id) }
        print(driver.value.items.compactMap { $0.value?["say"] })  // ["two"]
        // End
    }

    static func expiryModel(
        _ driver: Driver<ReplicatedExpiryModel<[String: String]>>, _ print: Snippet.Print
    ) throws {
        // Begin ExpiryModel
        try driver.write { try $0.makeSet("ada", to: ["name": "Ada"]) }
        try driver.write { try $0.makeSet("ada", to: ["mood": "busy"]) }
        print(driver.value["ada"]?.count ?? 0)  // 2
        try driver.write { $0.makeRemove("ada") }
        print(driver.value["ada"] == nil)  // true
        // End
    }

    static func bucket(_ driver: Driver<ReplicatedBucket>, _ print: Snippet.Print) throws {
        // Begin Bucket
        typealias Settings = ReplicatedModel<String>
        try driver.write { bucket in
            guard let settings = bucket["settings", as: Settings.self] else { return nil }
            return bucket.makeWrite(to: "settings", try settings.makeSet("theme", to: "dark"))
        }
        print(driver.value["settings", as: Settings.self]?["theme"] ?? "")  // dark
        print(driver.value.names)  // [chat, settings]
        // End
    }
}

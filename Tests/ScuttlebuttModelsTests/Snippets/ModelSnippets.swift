// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

// The programs of Models.md, compiled: `ModelSnippetTests` compares what stands between the marks
// with the article, and what is printed with the comments behind it.

/// What the programs need of a `ReplicaDriver`, which is of another module.
final class ModelSnippetDriver<Value: Replicated> {
    private(set) var value: Value
    private var time = 0.0

    init(_ value: Value) { self.value = value }

    func write(_ prepare: (Value) throws -> Payload?) throws {
        guard let payload = try prepare(value) else { return }
        time += 1
        value.apply(update("A", time, payload))
    }
}

enum ModelSnippets {
    typealias Print = (Any) -> Void
    typealias Driver = ModelSnippetDriver

    static var all: [(heading: String, run: (Print) throws -> Void)] {
        [
            ("Model", { try model(Driver(ReplicatedModel()), $0) }),
            ("Value", { try value(Driver(ReplicatedValue(historyLength: 2)), $0) }),
            ("Events", { try events(Driver(ReplicatedEvents()), $0) }),
            ("AppendOnly", { try appendOnly(Driver(ReplicatedAppendOnly()), $0) }),
            ("ExpiryModel", { try expiryModel(Driver(ReplicatedExpiryModel()), $0) }),
            (
                "Bucket",
                {
                    let parts = ReplicatedBucket([
                        "settings": ReplicatedModel<String>(), "chat": ReplicatedEvents<String>(),
                    ])
                    try bucket(Driver(parts), $0)
                }
            ),
        ]
    }

    static func model(_ driver: Driver<ReplicatedModel<String>>, _ print: Print) throws {
        // Begin Model
        try driver.write { try $0.setting("theme", to: "dark") }
        try driver.write { try $0.setting("font", to: "serif") }
        try driver.write { $0.removing("font") }
        print(driver.value["theme"] ?? "")  // dark
        print(driver.value.keys)  // [font, theme]
        print(driver.value.presentKeys)  // [theme]
        // End
    }

    static func value(_ driver: Driver<ReplicatedValue<String>>, _ print: Print) throws {
        // Begin Value
        try driver.write { try $0.setting("draft") }
        try driver.write { try $0.setting("final") }
        print(driver.value.value ?? "")  // final
        print(driver.value.past.compactMap { $0 })  // ["final", "draft"]
        // End
    }

    static func events(_ driver: Driver<ReplicatedEvents<String>>, _ print: Print) throws {
        // Begin Events
        try driver.write { try $0.emitting("chat", "hello") }
        try driver.write { try $0.emitting("chat", "how", "are", "you") }
        print(driver.value.count(of: "chat"))  // 2
        print(driver.value.events(named: "chat").last?.arguments.count ?? 0)  // 3
        // End
    }

    static func appendOnly(
        _ driver: Driver<ReplicatedAppendOnly<[String: String]>>, _ print: Print
    ) throws {
        // Begin AppendOnly
        try driver.write { try $0.pushing(["say": "one"]) }
        try driver.write { try $0.pushing(["say": "two"]) }
        let first = driver.value.items[0]
        print(first.id)  // A:1
        try driver.write { $0.removing(first.id) }
        print(driver.value.items.compactMap { $0.value?["say"] })  // ["two"]
        // End
    }

    static func expiryModel(
        _ driver: Driver<ReplicatedExpiryModel<[String: String]>>, _ print: Print
    ) throws {
        // Begin ExpiryModel
        try driver.write { try $0.setting("ada", to: ["name": "Ada"]) }
        try driver.write { try $0.setting("ada", to: ["mood": "busy"]) }
        print(driver.value["ada"]?.count ?? 0)  // 2
        try driver.write { $0.removing("ada") }
        print(driver.value["ada"] == nil)  // true
        // End
    }

    static func bucket(_ driver: Driver<ReplicatedBucket>, _ print: Print) throws {
        // Begin Bucket
        typealias Settings = ReplicatedModel<String>
        try driver.write { bucket in
            guard let settings = bucket["settings", as: Settings.self] else { return nil }
            return bucket.writing("settings", try settings.setting("theme", to: "dark"))
        }
        print(driver.value["settings", as: Settings.self]?["theme"] ?? "")  // dark
        print(driver.value.names)  // [chat, settings]
        // End
    }
}

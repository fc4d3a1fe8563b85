// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import ScuttlebuttSimulation

/// The data types of `ScuttlebuttModels`, each with writes that are prepared as an application
/// prepares them: from what a peer sees at that moment.
enum ModelPrograms {
    private static func program<Value: Replicated & Dumpable>(
        retainsEverything: Bool = false,
        _ make: @escaping @Sendable (Source) -> Value,
        _ writing: @escaping @Sendable (Value, inout SplitMix64) throws -> Payload?
    ) -> ReplicaProgram<Value, Dump> {
        ReplicaProgram(
            retainsEverything: retainsEverything, making: make,
            observe: { Dump(bytes: $0.dump) }, writing: { try? writing($0, &$1) })
    }

    static let model = program({ _ in ReplicatedModel<Int>() }) { value, random in
        let key = PropertyKey(names[random.below(names.count)])
        if random.chance(25) { return value.makeRemove(key) }
        return try value.makeSet(key, to: random.below(1_000))
    }

    static let value = program({ _ in ReplicatedValue<Int>(historyLength: 3) }) { value, random in
        try value.makeSet(random.below(1_000))
    }

    static let events = program(
        retainsEverything: true, { _ in ReplicatedEvents<Int>() },
        { value, random in
            try value.makeEmit(PropertyKey(names[random.below(names.count)]), random.below(1_000))
        })

    static let appendOnly = program({ _ in ReplicatedAppendOnly<Int>() }) { value, random in
        let items = value.items
        if !items.isEmpty, random.chance(30) {
            return value.makeRemove(items[random.below(items.count)].id)
        }
        return try value.makePush(random.below(1_000))
    }

    /// Nothing ages while it runs: what is compared is how the value looks 500 ms after the start
    /// of the clocks, plus the age, to everybody.
    static let expiry = ReplicaProgram(
        retainsEverything: false,
        making: { _ in
            ReplicatedExpiryModel<[String: Int]>(ExpiryLimits(maximumAge: 10_000_000_000))
        },
        observe: { value in
            var (value, changes) = (value, [ExpiryChange<[String: Int]>]?.none)
            value.advance(wallClock: 1_800_000_000_500 + 10_000_000_000, changes: &changes)
            return Dump(bytes: value.dump)
        },
        writing: { value, random in
            let key = PropertyKey(names[random.below(names.count)])
            if random.chance(15) { return value.makeRemove(key) }
            if random.chance(20) { return value.makeRefresh(key) }
            return try? value.makeSet(
                key, to: [names[random.below(names.count)]: random.below(1_000)])
        })

    static let bucket = program({ source in
        ReplicatedBucket([
            "model": ReplicatedModel<Int>(), "list": ReplicatedArray<Int>(source: source),
            "events": ReplicatedEvents<Int>(),
        ])
    }) { bucket, random in
        switch random.below(3) {
        case 0:
            let part = bucket["model", as: ReplicatedModel<Int>.self]
            return bucket.makeWrite(
                to: "model", try part.flatMap { try model.prepare($0, &random) })
        case 1:
            let part = bucket["list", as: ReplicatedArray<Int>.self]
            return bucket.makeWrite(to: "list", try part.flatMap { try array.prepare($0, &random) })
        default:
            let part = bucket["events", as: ReplicatedEvents<Int>.self]
            return bucket.makeWrite(
                to: "events", try part.flatMap { try events.prepare($0, &random) })
        }
    }

    static let array = program({ ReplicatedArray<Int>(source: $0) }) { value, random in
        let number = random.below(1_000)
        let index = random.below(value.count + 1)
        switch random.below(8) {
        case 0: return try value.makePush(number)
        case 1: return try value.makeUnshift(number)
        case 2: return value.makePop()
        case 3: return value.isEmpty ? nil : value.makeRemove(at: index % value.count)
        case 4: return value.isEmpty ? nil : try value.makeSet(number, at: index % value.count)
        case 5:
            let removals = random.below(3)
            return try value.makeSplice(at: index, removing: removals, inserting: [number, index])
        default: return try value.makeInsert(number, at: index)
        }
    }

    static let edit = program({ ReplicatedEdit(source: $0) }) { value, random in
        var lines = value.text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0) }
        let place = random.below(lines.count + 1)
        let text = names[random.below(names.count)] + "\(random.below(20))"
        if random.chance(60) || lines.isEmpty {
            lines.insert(text, at: place)
        } else if random.chance(50) {
            lines.remove(at: place % lines.count)
        } else {
            lines[place % lines.count] += text
        }
        return value.makeSet(text: lines.joined(separator: "\n"))
    }

    static let doc = program({ _ in
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("even", where: "kind", equals: 0)
        doc.declareSequence("odd", where: "kind", equals: 1)
        return doc
    }) { doc, random in
        let id = PropertyKey(names[random.below(names.count)])
        let number = JSONValue(integerLiteral: Int64(random.below(1_000)))
        switch random.below(8) {
        case 0: return try doc.makeSet(id, "n", to: number)
        case 1: return doc.makeRemove(id)
        case 2: return try doc.makeAdd(id, ["n": number], to: "even")
        case 3: return try doc.makePush(id, ["n": number], to: "odd")
        case 4: return try doc.makeInsert(id, at: random.below(6), in: "odd")
        case 5: return doc.makeMove(id, to: random.below(6), in: "odd")
        case 6: return doc.makePop(from: "odd")
        default: return doc.makeRemove(id, from: random.chance(50) ? "odd" : "even")
        }
    }

    static let text = program({ ReplicatedText(source: $0) }) { value, random in
        let count = value.count
        let place = random.below(count + 1)
        if count > 0, random.chance(35) {
            return value.makeDelete(place % count..<min(place % count + 1 + random.below(4), count))
        }
        return value.makeInsert(names[random.below(names.count)], at: place)
    }

    /// Names that some language orders or compares in another way.
    private static let names = ["a", "10", "9", "e\u{301}", "\u{E9}", "😀", "\u{FFFD}", "__proto__"]
}

extension ReplicaProgram {
    /// What a value would write next.
    fileprivate func prepare(_ value: Value, _ random: inout SplitMix64) throws -> Payload? {
        writing(value, &random)
    }
}

/// A dump that is readable in a failure.
struct Dump: Equatable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]
    var description: String { String(decoding: bytes, as: UTF8.self) }
}

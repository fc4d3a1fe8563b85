// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport

@testable import ScuttlebuttModels

/// The obvious form of a replicated array: every update is kept, and everything is found by looking
/// at all of them.
struct ArrayModel {
    var updates: [Update] = []

    mutating func apply(_ update: Update) {
        guard ArrayCore.members(of: update.payload) != nil,
            !updates.contains(where: { $0.stamp == update.stamp })
        else { return }
        updates.append(update)
    }

    /// The newest update of each key and the item that it gives the key.
    private var winners: [PropertyKey: (update: Update, item: [UInt8])] {
        var winners: [PropertyKey: (update: Update, item: [UInt8])] = [:]
        for update in updates.sorted(by: { $0.stamp < $1.stamp }) {
            for member in ArrayCore.members(of: update.payload) ?? [] {
                winners[member.key] = (update, Array(update.payload[member.value]))
            }
        }
        return winners
    }

    var items: [(key: PropertyKey, item: [UInt8])] {
        winners.filter { $0.value.item != Array("null".utf8) }
            .map { ($0.key, $0.value.item) }.sorted { $0.0 < $1.0 }
    }

    var dump: String {
        "[" + items.map { String(decoding: $0.item, as: UTF8.self) }.joined(separator: ",") + "]"
    }

    var history: [Update] {
        Set(winners.values.map { $0.update }).sorted { $0.stamp < $1.stamp }
    }
}

/// A few writers with an array each, who write, and now and then hear of each other.
struct ArrayWorld {
    private(set) var updates: [Update] = []
    private(set) var arrays: [ReplicatedArray<String>]
    private var heard: [[Int]]
    private var time = 1.0
    private var random: SplitMix64
    private let names = ["A", "B", "C"]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        arrays = names.map { ReplicatedArray(source: source($0)) }
        heard = names.map { _ in [] }
    }

    mutating func run(_ steps: Int) {
        for _ in 0..<steps {
            let writer = Int.random(in: 0..<3, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 { listen(writer) }
            guard let payload = write(arrays[writer]) else { continue }
            // Ties of timestamps between sources are frequent, as no clock is shared.
            time += Bool.random(using: &random) ? 1 : 0
            let own = updates.last { $0.source == source(names[writer]) }
            if let own, own.timestamp.value >= time { time = own.timestamp.value + 1 }
            let new = update(names[writer], time, payload)
            arrays[writer].apply(new)
            heard[writer].append(updates.count)
            updates.append(new)
        }
    }

    private mutating func listen(_ writer: Int) {
        let missing = updates.indices.filter { !heard[writer].contains($0) }
        // A prefix of everything is a prefix of each source.
        for index in missing.prefix(Int.random(in: 0...missing.count, using: &random)) {
            arrays[writer].apply(updates[index])
            heard[writer].append(index)
        }
    }

    private mutating func write(_ array: ReplicatedArray<String>) -> Payload? {
        let values = (0..<Int.random(in: 0..<4, using: &random)).map { "\($0)-\(updates.count)" }
        let index = Int.random(in: -1...(array.count + 1), using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return array.makePop()
        case 1: return array.makeShift()
        case 2: return array.makeRemove(at: index)
        case 3: return try? array.makeUnshift("u")
        case 4: return try? array.makeSet("s", at: index)
        case 5, 6:
            let removals = Int.random(in: -1..<4, using: &random)
            return try? array.makeSplice(at: index, removing: removals, inserting: values)
        case 7: return try? array.makeInsert("i", at: index)
        case 8: return Array("{}".utf8)
        default: return try? array.makePush("p\(updates.count)")
        }
    }

    /// The updates in some order that keeps each source ascending, with repetitions.
    mutating func delivery() -> [Update] {
        var queues = names.map { name in updates.filter { $0.source == source(name) } }
        var result: [Update] = []
        while let writer = queues.indices.filter({ !queues[$0].isEmpty })
            .randomElement(using: &random)
        {
            result.append(queues[writer].removeFirst())
            if let again = result.randomElement(using: &random), Bool.random(using: &random) {
                result.append(again)
            }
        }
        return result
    }
}

extension Dumpable {
    var dumpText: String { String(decoding: dump, as: UTF8.self) }
}

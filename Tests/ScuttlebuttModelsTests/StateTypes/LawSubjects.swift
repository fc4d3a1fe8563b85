// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport

extension GCounter: LawSubject {
    var view: Int64 { value }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        .increment(by: Int64.random(in: 1...9, using: &random))
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        .increment(by: [.max, .min, -1, 0, 1 << 53].randomElement(using: &random) ?? 0)
    }
}

extension PNCounter: LawSubject {
    var view: Int64 { value }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 5) ? makeClear() : .add(Int64.random(in: -9...9, using: &random))
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        random.one(in: 2)
            ? .reset(observed: random.observed())
            : .add([.max, .min, 0, 1 << 53].randomElement(using: &random) ?? 0)
    }
}

extension EnableWinsFlag: LawSubject {
    var view: Bool { isOn }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 2) ? makeDisable() : .enable
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        .disable(observed: random.observed())
    }
}

extension DisableWinsFlag: LawSubject {
    var view: Bool { isOn }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 2) ? makeEnable() : .disable
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        .enable(observed: random.observed())
    }
}

extension LWWRegister: LawSubject where Value == Int? {
    var view: Int?? { value }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        .write(random.optional())
    }

    static func hostile(_ random: inout SplitMix64) -> Operation { .write(.max) }
}

extension MVRegister: LawSubject where Value == Int? {
    var view: [Int?] { values }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 6) ? makeClear() : makeWrite(random.optional())
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        random.one(in: 2)
            ? .clear(observed: random.observed())
            : .write(random.optional(), observed: random.observed())
    }
}

extension GSet: LawSubject where Element == PropertyKey {
    var view: [PropertyKey] { elements }
    func prepared(_ random: inout SplitMix64) -> Operation? { .insert(random.key()) }
    static func hostile(_ random: inout SplitMix64) -> Operation { .insert(random.key()) }
}

extension TwoPhaseSet: LawSubject where Element == PropertyKey {
    var view: [PropertyKey] { elements }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 8) ? .remove(random.key()) : .insert(random.key())
    }

    static func hostile(_ random: inout SplitMix64) -> Operation { .remove(random.key()) }
}

extension ORSet: LawSubject where Element == PropertyKey {
    var view: [PropertyKey] { elements }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        if random.one(in: 12) { return makeClear() }
        if random.one(in: 3) {
            return elements.randomElement(using: &random).flatMap(makeRemove(_:))
        }
        return .add(random.key())
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        random.one(in: 2)
            ? .remove(random.key(), observed: random.observed())
            : .clear([.init(element: random.key(), observed: random.observed())])
    }
}

extension RemoveWinsSet: LawSubject where Element == PropertyKey {
    var view: [PropertyKey] { elements }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 3) ? .remove(random.key()) : makeAdd(random.key())
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        .add(random.key(), observed: random.observed())
    }
}

extension LWWMap: LawSubject where Key == PropertyKey, Value == Int? {
    struct Entry: Equatable {
        var key: PropertyKey
        var value: Int?
    }

    var view: [Entry] { entries.map { Entry(key: $0.key, value: $0.value) } }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        random.one(in: 4) ? .remove(random.key()) : .set(random.key(), random.optional())
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        random.one(in: 2) ? .remove(random.key()) : .set(random.key(), .max)
    }
}

extension ORMap: LawSubject where Key == PropertyKey, Value: LawSubject & Clearable {
    struct Entry: Equatable {
        var key: PropertyKey
        var view: Value.View
    }

    var view: [Entry] { entries.map { Entry(key: $0.key, view: $0.value.view) } }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        if random.one(in: 15) { return makeClear() }
        if random.one(in: 4) { return keys.randomElement(using: &random).flatMap(makeRemove(_:)) }
        let key = random.key()
        return (self[key] ?? Value()).prepared(&random).map { .update(key, $0) }
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        if random.one(in: 2) { return .update(random.key(), Value.hostile(&random)) }
        return .remove(
            random.key(), observed: random.observed(),
            clearing: random.one(in: 2) ? Value.hostile(&random) : nil)
    }
}

extension MovableList: LawSubject where Element == Int {
    var view: [Item] { items }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        let index = Int.random(in: -1...items.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return makeRemove(at: index)
        case 1, 2, 3:
            return makeMove(from: index, to: Int.random(in: 0...items.count, using: &random))
        case 4: return makeReplace(at: index, with: Int.random(in: 0..<1000, using: &random))
        default:
            let run = Int.random(in: 1...3, using: &random)
            return makeInsert(
                (0..<run).map { _ in Int.random(in: 0..<1000, using: &random) }, at: index)
        }
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        var other = CausalHistory<MovableList>()
        other.run(12, &random)
        return other.events.randomElement(using: &random)?.operation ?? .remove([])
    }
}

extension MovableTree: LawSubject where Node == PropertyKey, Value == Int? {
    var view: [Row] { outline }

    func prepared(_ random: inout SplitMix64) -> Operation? {
        let there = outline.map(\.node)
        let parent = there.randomElement(using: &random).map { Parent.node($0) } ?? .root
        guard let node = there.randomElement(using: &random), !random.one(in: 3) else {
            // A name that was in the trash would bring back what is below it there.
            let number = Int.random(in: 0..<1000, using: &random)
            let name = [random.key(), PropertyKey("\(number)")].first { value(of: $0) == nil }
            return name.map {
                Operation(
                    node: $0, parent: random.one(in: 3) ? .root : parent, value: random.optional())
            }
        }
        if random.one(in: 6) { return makeRemove(node) }
        if random.one(in: 6) { return makeReplace(valueOf: node, with: random.optional()) }
        return makeMove(node, to: random.one(in: 5) ? .root : parent)
    }

    static func hostile(_ random: inout SplitMix64) -> Operation {
        Operation(
            node: random.key(),
            parent: random.one(in: 5) ? nil : random.one(in: 4) ? .trash : .node(random.key()),
            value: random.one(in: 3) ? nil : .some(random.optional()),
            seen: random.one(in: 2) ? nil : random.observed())
    }
}

extension SplitMix64 {
    mutating func optional() -> Int? {
        one(in: 4) ? nil : Int.random(in: 0..<1000, using: &self)
    }
}

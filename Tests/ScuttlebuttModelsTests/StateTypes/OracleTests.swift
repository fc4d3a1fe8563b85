// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

/// Each type against its definition in terms of what the authors had seen, without any metadata.
@Suite("What a replicated value shows", .timeLimit(.minutes(20)))
struct OracleTests {
    private func history<Subject: LawSubject>(
        of type: Subject.Type, _ seed: UInt64
    ) -> [Event<Subject.Operation>] {
        var random = SplitMix64(seed: seed)
        var history = CausalHistory<Subject>()
        history.run(70, &random)
        return history.events
    }

    /// The numbers of the events for which nothing that had seen them asks for the opposite.
    private func standing<Operation>(
        _ events: [Event<Operation>], _ revokes: (Operation, Operation) -> Bool
    ) -> [Int] {
        events.indices.filter { index in
            !events.contains {
                $0.seen.contains(index) && revokes($0.operation, events[index].operation)
            }
        }
    }

    @Test("A counter is the sum of the amounts that no reset had seen", arguments: UInt64(0)..<200)
    func counters(seed: UInt64) {
        let grown = history(of: GCounter.self, seed)
        let increments = grown.map { event -> Int64 in
            switch event.operation {
            case .increment(let amount): amount
            }
        }
        #expect(GCounter.after(grown).value == increments.reduce(0, +))

        let events = history(of: PNCounter.self, seed)
        func amount(_ operation: PNCounter.Operation) -> Int64? {
            if case .add(let amount) = operation { amount } else { nil }
        }
        let counted = standing(events) { later, _ in amount(later) == nil }
        let sum = counted.compactMap { amount(events[$0].operation) }.reduce(0, +)
        #expect(PNCounter.after(events).value == sum)
    }

    @Test("A flag is decided by the changes that nobody had seen", arguments: UInt64(0)..<200)
    func flags(seed: UInt64) {
        let enabled = history(of: EnableWinsFlag.self, seed)
        let on = standing(enabled) { later, _ in later != .enable }
        #expect(
            EnableWinsFlag.after(enabled).isOn == on.contains { enabled[$0].operation == .enable })

        let disabled = history(of: DisableWinsFlag.self, seed)
        let off = standing(disabled) { later, _ in later != .disable }
        let wasEnabled = disabled.contains { $0.operation != .disable }
        #expect(
            DisableWinsFlag.after(disabled).isOn
                == (wasEnabled && !off.contains { disabled[$0].operation == .disable }))
    }

    @Test(
        "A register shows the last write, or those that no write had seen",
        arguments: UInt64(0)..<200)
    func registers(seed: UInt64) {
        let events = history(of: LWWRegister<Int?>.self, seed)
        let last = events.max { $0.stamp < $1.stamp }.map { event -> Int? in
            switch event.operation {
            case .write(let value): value
            }
        }
        #expect(LWWRegister<Int?>.after(events).value == last)

        let writes = history(of: MVRegister<Int?>.self, seed)
        let siblings = standing(writes) { _, _ in true }.map { writes[$0] }
            .sorted { $0.stamp > $1.stamp }
            .compactMap { event -> Int?? in
                if case .write(let value, _) = event.operation { .some(value) } else { nil }
            }
        let register = MVRegister<Int?>.after(writes)
        #expect(register.values == siblings)
        #expect(register.values.count <= 3)
    }

    @Test("A set has what its rule says", arguments: UInt64(0)..<200)
    func sets(seed: UInt64) {
        typealias Adding = ORSet<PropertyKey>
        let events = history(of: Adding.self, seed)
        func added(_ operation: Adding.Operation) -> PropertyKey? {
            if case .add(let element) = operation { element } else { nil }
        }
        let present = standing(events) { later, earlier in
            switch later {
            case .add: false
            case .remove(let element, _): element == added(earlier)
            case .clear(let removals): removals.contains { $0.element == added(earlier) }
            }
        }
        let elements = Set(present.compactMap { added(events[$0].operation) })
        #expect(Adding.after(events).elements == elements.sorted())
        #expect(Adding.after(events).count == elements.count)

        typealias Removing = RemoveWinsSet<PropertyKey>
        let others = history(of: Removing.self, seed)
        func parts(_ operation: Removing.Operation) -> (PropertyKey, isAdded: Bool) {
            switch operation {
            case .add(let element, _): (element, true)
            case .remove(let element): (element, false)
            }
        }
        let blocked = standing(others) { later, earlier in
            parts(later).isAdded && parts(later).0 == parts(earlier).0
        }.map { parts(others[$0].operation) }.filter { !$0.isAdded }.map(\.0)
        let ever = Set(others.map { parts($0.operation) }.filter(\.isAdded).map(\.0))
        #expect(Removing.after(others).elements == ever.subtracting(blocked).sorted())

        typealias Twice = TwoPhaseSet<PropertyKey>
        let phases = history(of: Twice.self, seed)
        var (inserted, removed): (Set<PropertyKey>, Set<PropertyKey>) = ([], [])
        for event in phases {
            switch event.operation {
            case .insert(let element): inserted.insert(element)
            case .remove(let element): removed.insert(element)
            }
        }
        let twice = Twice.after(phases)
        #expect(twice.elements == inserted.subtracting(removed).sorted())
        #expect(inserted.union(removed).filter(twice.hasRemoved) == removed)
    }

    @Test("A map has the last value of each key", arguments: UInt64(0)..<200)
    func lastWriterMap(seed: UInt64) {
        typealias Subject = LWWMap<PropertyKey, Int?>
        let events = history(of: Subject.self, seed)
        var expected: [PropertyKey: Int?] = [:]
        for event in events.sorted(by: { $0.stamp < $1.stamp }) {
            switch event.operation {
            case .set(let key, let value): expected[key] = .some(value)
            case .remove(let key): expected.removeValue(forKey: key)
            }
        }
        let map = Subject.after(events)
        #expect(map.keys == expected.keys.sorted())
        for key in map.keys { #expect(map[key] == expected[key]) }
    }

    @Test(
        "A key of an OR-map is there if no remover had seen a change, and has what it had not seen",
        arguments: UInt64(0)..<200)
    func addWinsMap(seed: UInt64) {
        typealias Subject = ORMap<PropertyKey, PNCounter>
        let events = history(of: Subject.self, seed)
        func revokes(_ later: Subject.Operation, _ key: PropertyKey) -> Bool {
            switch later {
            case .update: false
            case .remove(let removed, _, _): removed == key
            case .clear(let removals): removals.contains { $0.key == key }
            }
        }
        var present: Set<PropertyKey> = []
        var sums: [PropertyKey: Int64] = [:]
        for (index, event) in events.enumerated() {
            guard case .update(let key, let change) = event.operation else { continue }
            let witnesses = events.filter { $0.seen.contains(index) }
            guard !witnesses.contains(where: { revokes($0.operation, key) }) else { continue }
            present.insert(key)
            guard case .add(let amount) = change else { continue }
            let isReset = witnesses.contains {
                if case .update(key, .reset) = $0.operation { true } else { false }
            }
            if !isReset { sums[key, default: 0] += amount }
        }
        let map = Subject.after(events)
        #expect(map.keys == present.sorted())
        for entry in map.entries { #expect(entry.value.value == sums[entry.key, default: 0]) }
    }

    @Test(
        "A list has each item that was inserted and not removed exactly once",
        arguments: UInt64(0)..<200)
    func list(seed: UInt64) {
        let events = history(of: MovableList<Int>.self, seed)
        var (expected, removed): ([ListItemID: Int], Set<ListItemID>) = ([:], [])
        for event in events.sorted(by: { $0.stamp < $1.stamp }) {
            switch event.operation {
            case .insert(let elements, _):
                for (element, index) in zip(elements, Int32(0)...) {
                    expected[ListItemID(stamp: event.stamp, index: index)] = element
                }
            case .remove(let items): removed.formUnion(items)
            case .replace(let item, let element): expected[item] = element
            case .move: break
            }
        }
        for item in removed { expected[item] = nil }
        let items = MovableList<Int>.after(events).items
        #expect(items.count == expected.count)
        for item in items { #expect(expected[item.id] == item.element) }
    }

    @Test(
        "A tree is made by moving in the agreed order, and who removes takes what he had seen",
        arguments: UInt64(0)..<400)
    func tree(seed: UInt64) {
        typealias Subject = MovableTree<PropertyKey, Int?>
        let events = history(of: Subject.self, seed)
        // For each node its place, and the number of the event that put it there.
        var places: [PropertyKey: (parent: Subject.Parent, event: Int)] = [:]
        var values: [PropertyKey: Int?] = [:]
        for index in events.indices.sorted(by: { events[$0].stamp < events[$1].stamp }) {
            let operation = events[index].operation
            if let value = operation.value { values[operation.node] = .some(value) }
            guard let parent = operation.parent else { continue }
            var above = parent
            var isCircle = false
            while case .node(let node) = above, !isCircle {
                isCircle = node == operation.node
                above = places[node]?.parent ?? .root
            }
            if !isCircle { places[operation.node] = (parent, index) }
        }
        func isRemoved(_ node: PropertyKey) -> Bool {
            var next = node
            var moves: [Int] = []
            while let place = places[next] {
                switch place.parent {
                case .root: return false
                case .trash: return events[place.event].seen.isSuperset(of: moves)
                case .node(let above):
                    moves.append(place.event)
                    next = above
                }
            }
            return false
        }
        let tree = Subject.after(events.shuffledReproducibly(seed))
        var strays: [PropertyKey] = []
        for (node, place) in places {
            #expect(tree.value(of: node) == values[node])
            #expect(tree.contains(node) == !isRemoved(node))
            if case .node(let above) = place.parent, isRemoved(above), !isRemoved(node) {
                strays.append(node)
                #expect(tree.parent(of: node) == .root)
            } else {
                #expect(tree.parent(of: node) == place.parent)
            }
        }
        #expect(tree.strays == strays.sorted())
        #expect(
            Set(tree.outline.map(\.node)) == Set(places.keys.filter { !isRemoved($0) }))
        #expect(tree.outline.count == Set(tree.outline.map(\.node)).count)
    }
}

extension Array {
    fileprivate func shuffledReproducibly(_ seed: UInt64) -> Self {
        var random = SplitMix64(seed: seed)
        return shuffled(using: &random)
    }
}

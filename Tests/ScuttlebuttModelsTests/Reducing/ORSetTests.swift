// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import Testing

extension ORSet: LawSubject where Element == PropertyKey {
    var view: [PropertyKey] { elements }

    func prepared(_ random: inout SplitMix) -> Operation? {
        if random.one(in: 12) { return clearing() }
        if random.one(in: 3) { return elements.randomElement(using: &random).flatMap(removal(of:)) }
        return .add(random.key())
    }

    static func hostile(_ random: inout SplitMix) -> Operation {
        random.one(in: 2)
            ? .remove(random.key(), observed: random.observed())
            : .clear([.init(element: random.key(), observed: random.observed())])
    }
}

@Suite("ORSet")
struct ORSetTests {
    typealias Subject = ORSet<PropertyKey>

    @Test("Any order gives one state", arguments: UInt64(0)..<200)
    func orders(seed: UInt64) throws {
        try Laws<Subject>.linearExtensions(seed)
        try Laws<Subject>.permutations(seed)
    }

    @Test("Joining is commutative, associative and idempotent", arguments: UInt64(0)..<200)
    func joins(seed: UInt64) { Laws<Subject>.joins(seed) }

    @Test("It can be written down, read and compacted", arguments: UInt64(0)..<200)
    func states(seed: UInt64) throws {
        try Laws<Subject>.coding(seed)
        try Laws<Subject>.compaction(seed)
        try Laws<Subject>.damage(seed)
    }

    @Test(
        "An element is there if no remover had seen one of its additions",
        arguments: UInt64(0)..<200)
    func oracle(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var history = CausalHistory<Subject>()
        history.run(80, &random)
        var expected: Set<PropertyKey> = []
        for (index, event) in history.events.enumerated() {
            guard case .add(let element) = event.operation else { continue }
            let isRemoved = history.events.contains { other in
                guard other.seen.contains(index) else { return false }
                switch other.operation {
                case .add: return false
                case .remove(let removed, _): return removed == element
                case .clear(let removals): return removals.contains { $0.element == element }
                }
            }
            if !isRemoved { expected.insert(element) }
        }
        #expect(Subject.after(history.events).elements == expected.sorted())
    }
}

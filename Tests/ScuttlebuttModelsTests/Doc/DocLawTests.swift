// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("ReplicatedDoc: laws", .timeLimit(.minutes(20)))
struct DocLawTests {
    private func document() -> ReplicatedDoc<JSONValue> {
        var doc = ReplicatedDoc<JSONValue>()
        doc.declareSet("set", where: "list", equals: "x")
        doc.declareSequence("sequence", where: "list", equals: "x")
        doc.declareSet("filtered") { $0["k"]?.integer.map { $0 > 4 } ?? false }
        return doc
    }

    @Test(
        "Any delivery order with duplicates gives what the writes say", arguments: UInt64(0)..<300)
    func convergence(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let writes = random.docHistory()
        let oracle = DocOracle(writes: writes)
        let (dump, kept, sequence) = (oracle.dump, oracle.kept, oracle.sequence)
        let filtered = oracle.ids.filter { Int(oracle.members($0)["k"] ?? "0") ?? 0 > 4 }
        for _ in 0..<4 {
            var doc = document()
            for update in random.delivery(of: writes) {
                #expect(doc.apply(update) == .applied)
            }
            #expect(text(doc.dump) == dump)
            #expect(doc.count == oracle.ids.count)
            #expect(doc.history(since: VersionVector()).map(\.stamp) == kept)
            #expect(doc.sequence("sequence").ids.map(\.text) == sequence)
            #expect(doc.set("set").ids.map(\.text) == sequence.sorted())
            #expect(doc.set("filtered").ids.map(\.text) == filtered)
        }
    }

    @Test("Every prefix of a delivery gives what its writes say", arguments: UInt64(0)..<200)
    func prefixes(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 1_000)
        let writes = random.docHistory(20)
        var doc = document()
        var seen: [PlainWrite] = []
        for update in random.delivery(of: writes) {
            doc.apply(update)
            if let write = writes.first(where: { $0.stamp == update.stamp }),
                !seen.contains(where: { $0.stamp == write.stamp })
            {
                seen.append(write)
            }
            let oracle = DocOracle(writes: seen)
            #expect(text(doc.dump) == oracle.dump)
            #expect(doc.sequence("sequence").ids.map(\.text) == oracle.sequence)
        }
    }

    @Test(
        "What is kept makes the same document on a peer that knew nothing, or half",
        arguments: UInt64(0)..<200)
    func catchingUp(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 2_000)
        let writes = random.docHistory()
        let delivery = random.delivery(of: writes)
        var (full, late) = (document(), document())
        var known = VersionVector()
        for (place, update) in delivery.enumerated() {
            full.apply(update)
            if place < delivery.count / 2 {
                late.apply(update)
                known.advance(update.source, to: update.timestamp)
            }
        }
        var fresh = document()
        for update in full.history(since: VersionVector()) { fresh.apply(update) }
        for update in full.history(since: known) { late.apply(update) }
        for other in [fresh, late] {
            #expect(other.dump == full.dump)
            #expect(
                other.history(since: VersionVector()) == full.history(since: VersionVector()))
            #expect(other.sequence("sequence").ids == full.sequence("sequence").ids)
            #expect(other.retainedByteCount == full.retainedByteCount)
        }
    }

    @Test("The changes of a view, applied to a list, give the view", arguments: UInt64(0)..<200)
    func changesReplay(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 3_000)
        var doc = document()
        var lists: [PropertyKey: [PropertyKey]] = ["set": [], "sequence": [], "filtered": []]
        var rows: [PropertyKey: [PropertyKey: [UInt8]]] = [:]
        for update in random.delivery(of: random.docHistory()) {
            var changes: [DocChange]? = []
            _ = doc.apply(update, changes: &changes)
            #expect(changes?.filter { if case .row = $0 { true } else { false } }.count ?? 0 <= 1)
            for change in changes ?? [] { replay(change, &lists, &rows) }
            for (name, list) in lists { #expect(doc.set(name).ids == list) }
            for row in doc.rows {
                #expect(rows[row.id]?.count == row.keys.count)
                for key in row.keys { #expect(rows[row.id]?[key] == row.rawValue(of: key)) }
            }
            #expect(rows.count == doc.count)
        }
    }

    private func replay(
        _ change: DocChange, _ lists: inout [PropertyKey: [PropertyKey]],
        _ rows: inout [PropertyKey: [PropertyKey: [UInt8]]]
    ) {
        switch change {
        case .row(let row):
            switch row.kind {
            case .added: #expect(rows.updateValue([:], forKey: row.id) == nil)
            case .updated: #expect(rows[row.id] != nil)
            case .removed: break
            }
            for member in row.members {
                #expect(rows[row.id]?[member.key] == member.oldBytes)
                rows[row.id]?[member.key] = member.newBytes
            }
            if row.kind == .removed { #expect(rows.removeValue(forKey: row.id)?.isEmpty == true) }
        case .view(let view):
            var list = lists[view.name] ?? []
            switch view.kind {
            case .added(let place): list.insert(view.id, at: place)
            case .removed(let place): #expect(list.remove(at: place) == view.id)
            case .updated(let place): #expect(list[place] == view.id)
            case .moved(let from, let to):
                #expect(list.remove(at: from) == view.id)
                list.insert(view.id, at: to)
            }
            lists[view.name] = list
        }
    }

    @Test("Rows of many keys keep the same laws", arguments: UInt64(0)..<200)
    func wideRows(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 4_000)
        let writes = random.docHistory(24, isWide: true)
        let oracle = DocOracle(writes: writes)
        let (dump, kept) = (oracle.dump, oracle.kept)
        for _ in 0..<3 {
            var doc = document()
            for update in random.delivery(of: writes) { doc.apply(update) }
            #expect(text(doc.dump) == dump)
            #expect(doc.history(since: VersionVector()).map(\.stamp) == kept)
        }
    }

    @Test("It keeps what every replicated type promises", arguments: UInt64(0)..<200)
    func laws(seed: UInt64) {
        let history = RandomHistory(seed: seed) { random in
            let id = ["r", "é", "e\u{301}", "7"].randomElement(using: &random) ?? "r"
            switch random.next() % 6 {
            case 0: return "[\"\(id)\",null]"
            case 1: return "[\"\(id)\",{}]"
            case 2: return "[\"\(id)\",{\"a\":\(random.next() % 9),\"list\":\"x\"}]"
            case 3: return "[\"\(id)\",{\"_sort\":\"\(random.next() % 9)\",\"b\":null}]"
            default: return "[\"\(id)\",{\"\(random.next() % 3)\":\(random.next() % 9)}]"
            }
        }
        expectLaws(seed: seed, history) { document() }
    }

    @Test("A budget gives a prefix of each source")
    func budget() {
        var random = SplitMix64(seed: 5)
        var doc = document()
        for update in random.delivery(of: random.docHistory()) { doc.apply(update) }
        let all = doc.history(since: VersionVector())
        let some = doc.delta(since: VersionVector(), limit: DeltaLimit(updates: 3))
        #expect(some == Array(all.prefix(3)))
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// A document that stamps its own writes, like a replica does.
struct DocPeer {
    let name: String
    var doc = ReplicatedDoc<JSONValue>()
    private(set) var time = 0.0
    private(set) var written: [Update] = []

    init(_ name: String) {
        self.name = name
        doc.declareSequence("todo", where: "list", equals: "todo")
        doc.declareSequence("done", where: "list", equals: "done")
    }

    var todo: [String] { doc.sequence("todo").ids.map(\.text) }

    mutating func write(_ payload: Payload?) {
        guard let payload else { return }
        time += 1
        let update = update(name, time, payload)
        #expect(doc.apply(update) == .applied)
        written.append(update)
    }

    mutating func receive(_ update: Update) {
        time = max(time, update.timestamp.value)
        #expect(doc.apply(update) == .applied)
    }
}

@Suite("ReplicatedDoc: sequences", .timeLimit(.minutes(20)))
struct DocSequenceTests {
    private func peer(_ ids: String...) throws -> DocPeer {
        var peer = DocPeer("A")
        for id in ids { peer.write(try peer.doc.makePush(PropertyKey(id), to: "todo")) }
        return peer
    }

    @Test("Push, unshift and insert put a row where they say, in one update with its keys")
    func makeInsert() throws {
        var peer = try peer("b", "d")
        peer.write(try peer.doc.makeUnshift("a", ["text": "first"], to: "todo"))
        peer.write(try peer.doc.makeInsert("c", ["text": "third"], before: "d", in: "todo"))
        peer.write(try peer.doc.makeInsert("e", after: "d", in: "todo"))
        peer.write(try peer.doc.makeInsert("x", at: 1, in: "todo"))
        #expect(peer.todo == ["a", "x", "b", "c", "d", "e"])
        #expect(peer.doc.row("c")?["text"] == "third")
        #expect(peer.doc.row("c")?["list"] == "todo")
        #expect(peer.written.count == 6)
    }

    @Test("A neighbour that is not there means the end, or the beginning")
    func missingNeighbours() throws {
        var peer = try peer("b")
        peer.write(try peer.doc.makeInsert("c", before: "gone", in: "todo"))
        peer.write(try peer.doc.makeInsert("a", after: "gone", in: "todo"))
        peer.write(try peer.doc.makeInsert("d", at: 99, in: "todo"))
        peer.write(try peer.doc.makeInsert("_", at: -99, in: "todo"))
        #expect(peer.todo == ["_", "a", "b", "c", "d"])
    }

    @Test("Inserting or pushing a row that is in the sequence moves it")
    func insertingAgain() throws {
        var peer = try peer("a", "b", "c")
        peer.write(try peer.doc.makePush("a", to: "todo"))
        #expect(peer.todo == ["b", "c", "a"])
        peer.write(try peer.doc.makeInsert("c", before: "b", in: "todo"))
        #expect(peer.todo == ["c", "b", "a"])
        peer.write(try peer.doc.makeInsert("b", after: "b", in: "todo"))
        #expect(peer.todo == ["c", "b", "a"])
    }

    @Test("Moving goes before, after and to an index, and nowhere when the row is there")
    func makeMove() throws {
        var peer = try peer("a", "b", "c", "d")
        peer.write(peer.doc.makeMove("d", before: "b", in: "todo"))
        #expect(peer.todo == ["a", "d", "b", "c"])
        peer.write(peer.doc.makeMove("a", after: "b", in: "todo"))
        #expect(peer.todo == ["d", "b", "a", "c"])
        peer.write(peer.doc.makeMove("d", to: 2, in: "todo"))
        #expect(peer.todo == ["b", "a", "d", "c"])
        #expect(peer.doc.makeMove("d", to: 2, in: "todo") == nil)
        #expect(peer.doc.makeMove("d", before: "c", in: "todo") == nil)
        #expect(peer.doc.makeMove("d", after: "a", in: "todo") == nil)
        #expect(peer.doc.makeMove("d", after: "d", in: "todo") == nil)
        #expect(peer.doc.makeMove("c", to: 99, in: "todo") == nil)
        #expect(peer.doc.makeMove("nobody", to: 0, in: "todo") == nil)
    }

    @Test("Popping and shifting take a row out of the sequence and leave it in the document")
    func makePop() throws {
        var peer = try peer("a", "b", "c")
        peer.write(peer.doc.makePop(from: "todo"))
        peer.write(peer.doc.makeShift(from: "todo"))
        #expect(peer.todo == ["b"])
        #expect(peer.doc.count == 3)
        #expect(peer.doc.row("a")?["list"] == JSONValue.null)
        peer.write(peer.doc.makeRemove("b", from: "todo"))
        #expect(peer.doc.makePop(from: "todo") == nil)
        #expect(peer.doc.makeShift(from: "todo") == nil)
        #expect(peer.doc.makeRemove("b", from: "todo") == nil)
    }

    @Test("Pushing a row of one sequence to another moves it there: they exclude each other")
    func changingSequences() throws {
        var peer = try peer("a", "b")
        peer.write(try peer.doc.makePush("a", to: "done"))
        #expect(peer.todo == ["b"])
        #expect(peer.doc.sequence("done").ids == ["a"])
    }

    @Test("Rows are found by index, id and neighbour")
    func reading() throws {
        let rows = try peer("a", "b", "c").doc.sequence("todo")
        #expect(rows.first?.id == "a")
        #expect(rows.last?.id == "c")
        #expect(rows[1].id == "b")
        #expect(rows.index(of: "c") == 2)
        #expect(rows.row(before: "a") == nil)
        #expect(rows.row(before: "c")?.id == "b")
        #expect(rows.row(after: "a")?.id == "b")
        #expect(rows.row(after: "c") == nil)
        #expect(rows["b"]?.id == "b")
        #expect(rows["x"] == nil)
        #expect(rows.map(\.id) == rows.ids)
        #expect(rows.reversed().map(\.id) == ["c", "b", "a"])
    }

    @Test(
        "Moved rows never vanish and never stand twice (dominictarr/crdt#34)",
        arguments: UInt64(0)..<200)
    func moves(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var peers = [DocPeer("A"), DocPeer("B"), DocPeer("C")]
        var seen = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
        let ids = (0..<8).map { PropertyKey("r\($0)") }
        for id in ids { peers[0].write(try peers[0].doc.makePush(id, to: "todo")) }
        func deliver(from: Int, to: Int) {
            for update in peers[from].written[seen[to][from]...] { peers[to].receive(update) }
            seen[to][from] = peers[from].written.count
        }
        for from in 1..<3 { deliver(from: 0, to: from) }
        for _ in 0..<60 {
            let peer = Int(random.next() % 3)
            if random.next() % 3 == 0 {
                deliver(from: Int(random.next() % 3), to: peer)
                continue
            }
            let (id, other) = (ids[Int(random.next() % 8)], ids[Int(random.next() % 8)])
            let doc = peers[peer].doc
            switch random.next() % 3 {
            case 0: peers[peer].write(doc.makeMove(id, to: Int(random.next() % 8), in: "todo"))
            case 1: peers[peer].write(doc.makeMove(id, before: other, in: "todo"))
            default: peers[peer].write(doc.makeMove(id, after: other, in: "todo"))
            }
            #expect(Set(peers[peer].todo).count == 8)
            #expect(peers[peer].doc.sequence("todo").count == 8)
        }
        for _ in 0..<2 {
            for from in 0..<3 { for to in 0..<3 where to != from { deliver(from: from, to: to) } }
        }
        #expect(peers[0].todo == peers[1].todo)
        #expect(peers[0].todo == peers[2].todo)
        #expect(peers[0].doc.dump == peers[1].doc.dump)
        // As after a restart: from what is kept.
        var again = DocPeer("D")
        for update in peers[0].doc.history(since: VersionVector()) { again.receive(update) }
        #expect(again.todo == peers[0].todo)
    }

    @Test("Random positions are those of a plain array", arguments: UInt64(0)..<200)
    func likeAnArray(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var peer = DocPeer("A")
        var plain: [String] = []
        for step in 0..<60 {
            let place = plain.isEmpty ? 0 : Int(random.next() % UInt64(plain.count))
            switch random.next() % 6 {
            case 0 where !plain.isEmpty:
                peer.write(peer.doc.makePop(from: "todo"))
                plain.removeLast()
            case 1 where !plain.isEmpty:
                let id = plain.remove(at: place)
                let target = Int(random.next() % UInt64(plain.count + 1))
                plain.insert(id, at: target)
                peer.write(peer.doc.makeMove(PropertyKey(id), to: target, in: "todo"))
            case 2 where !plain.isEmpty:
                let other = plain[place]
                plain.insert("n\(step)", at: place)
                peer.write(
                    try peer.doc.makeInsert(
                        PropertyKey("n\(step)"), before: PropertyKey(other), in: "todo"))
            case 3:
                plain.append("n\(step)")
                peer.write(try peer.doc.makePush(PropertyKey("n\(step)"), to: "todo"))
            default:
                plain.insert("n\(step)", at: place)
                peer.write(try peer.doc.makeInsert(PropertyKey("n\(step)"), at: place, in: "todo"))
            }
            #expect(peer.todo == plain)
        }
    }

    @Test("Two peers who insert at one place at once choose different sort keys")
    func concurrentInserts() throws {
        let base = try peer("a", "b")
        var keys: Set<String> = []
        for number in 0..<1_000 {
            let id = PropertyKey("new\(number)")
            var peer = base
            peer.write(try peer.doc.makeInsert(id, after: "a", in: "todo"))
            keys.insert(peer.doc.row(id)?["_sort"]?.string ?? "")
        }
        #expect(keys.count == 1_000)
    }

    @Test("Sort keys of a long run stay short, of letters and digits only")
    func shortKeys() throws {
        var peer = DocPeer("A")
        for number in 0..<2_000 {
            peer.write(try peer.doc.makePush(PropertyKey("p\(number)"), to: "todo"))
            peer.write(try peer.doc.makeUnshift(PropertyKey("u\(number)"), to: "todo"))
        }
        let keys = peer.doc.sequence("todo").compactMap { $0["_sort"]?.string }
        #expect(keys == keys.sorted())
        #expect(keys.map(\.utf8.count).max() ?? 0 <= 16)
        #expect(keys.allSatisfy { $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } })
    }

    @Test("Sort keys of a long run in the middle stay short, forwards and backwards")
    func shortKeysInTheMiddle() throws {
        var peer = try peer("first", "last")
        for number in 0..<1_000 {
            let id = PropertyKey("p\(number)")
            peer.write(try peer.doc.makeInsert(id, at: number + 1, in: "todo"))
        }
        for number in 0..<1_000 {
            let id = PropertyKey("u\(number)")
            peer.write(try peer.doc.makeInsert(id, after: "first", in: "todo"))
        }
        let keys = peer.doc.sequence("todo").compactMap { $0["_sort"]?.string }
        #expect(keys == keys.sorted())
        #expect(Set(keys).count == 2_002)
        #expect(keys.map(\.utf8.count).max() ?? 0 <= 24)
    }

    @Test("Whatever a peer writes as sort key, rows can be put around it")
    func hostileSortKeys() throws {
        let keys = [
            #""""#, "5", "null", "[]", #""!""#, #""~""#, #""\u0000""#, #""\u0000\u0000""#, #""V""#,
            #""V\u0000""#, #""V""#, #""\ud800""#, #""\uffff""#, #""😀""#, #""~~~""#,
            "\"" + String(repeating: "z", count: 10_000) + "\"",
        ]
        for (place, key) in keys.enumerated() {
            var peer = DocPeer("M")
            for (number, key) in keys.enumerated() {
                peer.receive(
                    update(
                        "E", Double(number + 1),
                        "[\"e\(number)\",{\"list\":\"todo\",\"_sort\":\(key)}]"))
            }
            #expect(peer.todo.count == keys.count)
            peer.write(try peer.doc.makePush("last", to: "todo"))
            #expect(peer.todo.last == "last")
            peer.write(try peer.doc.makeInsert("new", before: PropertyKey("e\(place)"), in: "todo"))
            peer.write(try peer.doc.makeInsert("next", after: PropertyKey("e\(place)"), in: "todo"))
            #expect(Set(peer.todo).count == keys.count + 3, "around \(key)")
        }
    }

    @Test("A sequence by a filter is ordered, and nothing is taken out of it")
    func filters() throws {
        var peer = DocPeer("A")
        peer.doc.declareSequence("open") { $0["done"]?.bool == false }
        peer.write(try peer.doc.makePush("b", ["done": false], to: "open"))
        peer.write(try peer.doc.makeUnshift("a", ["done": false], to: "open"))
        peer.write(try peer.doc.makePush("c", ["done": true], to: "open"))
        #expect(peer.doc.sequence("open").ids == ["a", "b"])
        #expect(peer.doc.makePop(from: "open") == nil)
        peer.write(try peer.doc.makeSet("a", "done", to: true))
        #expect(peer.doc.sequence("open").ids == ["b"])
    }
}

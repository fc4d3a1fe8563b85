// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import Testing

@Suite("ReplicatedDoc", .timeLimit(.minutes(20)))
struct DocTests {
    private func document(_ updates: Update...) -> ReplicatedDoc<JSONValue> {
        var doc = ReplicatedDoc<JSONValue>()
        for update in updates { #expect(doc.apply(update) == .applied) }
        return doc
    }

    @Test("The recorded conversation leaves one row and one removal on both sides")
    func recording() {
        let doc = document(
            update("SERVER", 1_795_234_581_615, #"["row1",{"a":1}]"#),
            update("CLIENT", 1_795_234_582_429, #"["row1",{"b":2}]"#),
            update("SERVER", 1_795_234_582_489, #"["row1",null]"#),
            update("CLIENT", 1_795_234_582_551, #"["row2",{"q":true}]"#))
        #expect(text(doc.dump) == #"{"row2":{"q":true}}"#)
        #expect(
            doc.history(since: VersionVector()).map { text($0.payload) } == [
                #"["row1",null]"#, #"["row2",{"q":true}]"#,
            ])
    }

    @Test("The larger stamp wins a key, whichever came first; ties go by the source (Q5)")
    func ties() {
        let (a, b) = (update("A", 5, #"["r",{"k":"A"}]"#), update("B", 5, #"["r",{"k":"B"}]"#))
        #expect(document(a, b).row("r")?["k"] == "B")
        #expect(document(b, a).row("r")?["k"] == "B")
    }

    @Test("An update of several keys is kept until each of them has been set again")
    func atomicity() {
        var doc = document(update("A", 1, #"["r",{"x":1,"y":1}]"#))
        var changes: [DocChange]? = []
        _ = doc.apply(update("B", 2, #"["r",{"x":2}]"#), changes: &changes)
        #expect(changes?.count == 1)
        #expect(doc.history(since: VersionVector()).count == 2)
        doc.apply(update("B", 3, #"["r",{"y":3}]"#))
        #expect(doc.history(since: VersionVector()).map(\.source.text) == ["B", "B"])
        #expect(doc.retainedByteCount == 2 * #"["r",{"x":2}]"#.utf8.count)
    }

    @Test("A removal reaches peers that were away, unlike the original's (Q6)")
    func removalIsKept() {
        let doc = document(update("A", 1, #"["r",{"x":1}]"#), update("A", 2, #"["r",null]"#))
        var late = document(update("A", 1, #"["r",{"x":1}]"#))
        for update in doc.history(since: VersionVector("A@1") ?? VersionVector()) {
            late.apply(update)
        }
        #expect(text(late.dump) == "{}")
    }

    @Test("What was set before a removal stays hidden, what is set after it brings the row back")
    func revival() {
        let removal = update("B", 5, #"["r",null]"#)
        let old = update("A", 1, #"["r",{"x":1,"y":1}]"#)
        let new = update("C", 6, #"["r",{"y":2}]"#)
        for order in [[removal, old, new], [old, new, removal], [new, removal, old]] {
            var doc = document()
            for update in order { doc.apply(update) }
            #expect(text(doc.dump) == #"{"r":{"y":2}}"#)
            #expect(doc.history(since: VersionVector()).map(\.source.text) == ["B", "C"])
        }
    }

    @Test("A key that is set to null is kept as null, as in the original")
    func nulls() {
        let doc = document(update("A", 1, #"["r",{"x":1}]"#), update("A", 2, #"["r",{"x":null}]"#))
        #expect(text(doc.dump) == #"{"r":{"x":null}}"#)
        #expect(doc.row("r")?["x"] == JSONValue.null)
        #expect(doc.row("r")?.keys == ["x"])
    }

    @Test("A row without keys is a row until it is removed")
    func emptyRow() {
        var doc = document(update("A", 1, #"["r",{}]"#))
        #expect(text(doc.dump) == #"{"r":{}}"#)
        #expect(doc.history(since: VersionVector()).count == 1)
        doc.apply(update("A", 2, #"["r",{"x":1}]"#))
        #expect(doc.history(since: VersionVector()).count == 1)
        doc.apply(update("A", 3, #"["r",null]"#))
        #expect(doc.row("r") == nil)
        #expect(doc.isEmptyDump)
    }

    @Test(
        "An update of another shape is refused and changes nothing (Q13)",
        arguments: [
            "null", "5", #""r""#, "{}", "[]", "[null,{}]", #"["r"]"#, #"["r",5]"#, #"["r","ab"]"#,
            #"["r",[1]]"#, #"["r",true]"#, #"[1,{"a":1}]"#, "", "[", #"["r"#, #"["r",{"a""#,
        ])
    func wrongShapes(payload: String) {
        var doc = document(update("A", 1, #"["q",{"x":1}]"#))
        let before = doc.dump
        guard case .refused(let reason) = doc.apply(update("B", 2, payload)) else {
            // Bytes that no decoder lets through may be taken for an update, but never trap.
            #expect((try? JSONValue(Array(payload.utf8))) == nil)
            return
        }
        #expect(!reason.isEmpty)
        #expect(doc.dump == before)
        #expect(doc.history(since: VersionVector()).count == 1)
    }

    @Test("Further elements do not matter, as in the original")
    func furtherElements() {
        #expect(
            text(document(update("A", 1, #" [ "r" , {"x": 1} , 7 ] "#)).dump) == #"{"r":{"x":1}}"#)
    }

    @Test(
        "Names are data: JavaScript's own properties, the empty one, halves of a pair (Q14)"
    )
    func names() {
        let names = [
            "__proto__", "constructor", "toString", "", #"\ud800"#, #"\udfff"#, "\u{E9}",
            "e\u{301}",
        ]
        var doc = document()
        for (place, name) in names.enumerated() {
            doc.apply(update("A", Double(place + 1), "[\"\(name)\",{\"\(name)\":\(place)}]"))
        }
        #expect(doc.count == names.count)
        #expect(doc.rows.map(\.keys.count) == names.map { _ in 1 })
        #expect(doc.row("__proto__")?["__proto__"] == 0)
        #expect(doc.row("\u{E9}")?["\u{E9}"] == 6)
        #expect(doc.row("e\u{301}")?["e\u{301}"] == 7)
        #expect((try? JSONValue(doc.dump)) != nil)
        #expect(text(doc.dump).contains(#""\ud800":{"\ud800":4}"#))
    }

    @Test("Integer-like ids and keys come first, by number, as in JavaScript")
    func order() {
        let doc = document(
            update("A", 1, #"["b",{"z":0,"10":0,"9":0,"a":0}]"#), update("A", 2, #"["10",{}]"#),
            update("A", 3, #"["9",{}]"#), update("A", 4, #"["010",{}]"#))
        #expect(text(doc.dump) == #"{"9":{},"10":{},"010":{},"b":{"9":0,"10":0,"a":0,"z":0}}"#)
    }

    @Test("Of equal keys in one update the last counts, in one change")
    func repeatedKeys() {
        var doc = document()
        var changes: [DocChange]? = []
        _ = doc.apply(update("A", 1, #"["r",{"k":1,"k":2,"\u006b":3}]"#), changes: &changes)
        #expect(text(doc.dump) == #"{"r":{"k":3}}"#)
        guard case .row(let row)? = changes?.first else {
            Issue.record("no change of the row")
            return
        }
        #expect(row.members.map { $0.newValue() } == [3])
    }

    @Test("A row of very many keys, and a key of a megabyte, cost what they weigh")
    func hostileSizes() {
        let keys = (0..<50_000).map { "\"k\($0)\":0" }.joined(separator: ",")
        var doc = document(update("A", 1, "[\"r\",{\(keys)}]"))
        for number in 0..<20_000 {
            doc.apply(update("B", Double(number + 2), "[\"r\",{\"k\(number)\":1}]"))
        }
        #expect(doc.row("r")?.keys.count == 50_000)
        #expect(doc.history(since: VersionVector()).count == 20_001)
        doc.apply(update("C", 1_000_000, "[\"r\",{\(keys)}]"))
        #expect(doc.history(since: VersionVector()).map(\.source.text) == ["C"])
        let long = String(repeating: "x", count: 1_000_000)
        doc.apply(update("C", 1_000_001, "[\"\(long)\",{\"\(long)\":1}]"))
        #expect(doc.row(PropertyKey(long))?[PropertyKey(long)] == 1)
    }

    @Test("A value nested 100 thousand deep does not trap")
    func depth() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        var doc = document(update("A", 1, "[\"r\",{\"k\":\(deep)}]"))
        doc.declareSet("deep", where: "k", equals: 1)
        doc.apply(update("A", 2, "[\"r\",{\"k\":[\(deep)]}]"))
        #expect(doc.row("r")?["k"] == nil)
        #expect(doc.row("r")?.rawValue(of: "k")?.count == 200_002)
        #expect(doc.set("deep").isEmpty)
    }

    @Test("A copy goes its own way")
    func clone() {
        let doc = document(update("A", 1, #"["r",{"x":1}]"#))
        var copy = doc
        copy.apply(update("A", 2, #"["r",null]"#))
        #expect(text(doc.dump) == #"{"r":{"x":1}}"#)
        #expect(text(copy.dump) == "{}")
    }
}

extension ReplicatedDoc {
    var isEmptyDump: Bool { dump == Array("{}".utf8) }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttModels

/// One who edits a text, and what is shown to him.
struct Editor {
    let name: String
    var edit: ReplicatedEdit
    var undo: EditUndo
    /// The text as it is kept up by following the changes.
    var shown: [UInt16] = []
    private var time = 0.0

    init(_ name: String) {
        self.name = name
        edit = ReplicatedEdit(source: source(name))
        undo = EditUndo(source: source(name))
    }

    /// Writes a payload, and gives back the update for others.
    @discardableResult
    mutating func write(_ payload: Payload?, continuing: Bool = false) -> Update? {
        guard let payload else { return nil }
        let new = update(name, time + 1, payload)
        receive(new, continuing: continuing)
        return new
    }

    @discardableResult
    mutating func type(_ text: String, continuing: Bool = false) -> Update? {
        write(edit.makeSet(text: text), continuing: continuing)
    }

    /// The same for a text that is not the one that is there.
    mutating func typed(_ text: String) throws -> Update {
        let update = type(text)
        return try #require(update)
    }

    mutating func receive(_ update: Update, continuing: Bool = false) {
        time = max(time, update.timestamp.value)
        var changes: [EditChange]? = []
        #expect(edit.apply(update, changes: &changes) == .applied)
        for change in changes ?? [] {
            let end = change.offset + change.removed.utf16.count
            #expect(Array(shown[change.offset..<end]) == Array(change.removed.utf16))
            shown.replaceSubrange(change.offset..<end, with: change.inserted.utf16)
        }
        undo.record(changes ?? [], continuing: continuing)
    }
}

@Suite("A replicated text", .timeLimit(.minutes(20)))
struct ReplicatedEditTests {
    /// A text of few different lines, some of them hard.
    private func text(_ random: inout SplitMix64) -> String {
        let lines = ["a", "b", "", "é", "e\u{301}", "𝕏\"\\", "\r", "c\tc", "\u{2028}", "\0"]
        let count = Int.random(in: 0..<9, using: &random)
        return (0..<count).map { _ in lines.randomElement(using: &random) ?? "" }
            .joined(separator: "\n")
    }

    @Test("It becomes whatever text is set, by one write", arguments: UInt64(0)..<200)
    func makeSet(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var editor = Editor("A")
        for _ in 0..<20 {
            let text = text(&random)
            editor.type(text)
            #expect(Array(editor.edit.text.utf16) == Array(text.utf16))
            #expect(editor.shown == Array(text.utf16))
            #expect(editor.edit.makeSet(text: text) == nil)
        }
    }

    @Test("People who edit at once end with the same text", arguments: UInt64(0)..<200)
    func convergence(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var editors = ["A", "B", "C"].map { Editor($0) }
        var queues: [[Update]] = [[], [], []]
        for _ in 0..<30 {
            let writer = Int.random(in: 0..<3, using: &random)
            var lines = editors[writer].edit.text.split(
                separator: "\n", omittingEmptySubsequences: false
            ).map { String($0) }
            let place = Int.random(in: 0...lines.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where place < lines.count: lines[place] += "𝕏\(writer)"
            case 1 where place < lines.count: lines.remove(at: place)
            default: lines.insert("\(writer)", at: place)
            }
            if let update = editors[writer].type(lines.joined(separator: "\n")) {
                for other in 0..<3 where other != writer { queues[other].append(update) }
            }
            let reader = Int.random(in: 0..<3, using: &random)
            if !queues[reader].isEmpty { editors[reader].receive(queues[reader].removeFirst()) }
        }
        for reader in 0..<3 { for update in queues[reader] { editors[reader].receive(update) } }
        #expect(Set(editors.map { $0.edit.dumpText }).count == 1)
        for editor in editors { #expect(Array(editor.edit.text.utf16) == editor.shown) }
    }

    @Test("Only lines that differ are written")
    func fewLines() throws {
        var editor = Editor("A")
        let lines = (0..<1_000).map { "line \($0)\n" }
        editor.type(lines.joined())
        let key = try #require(editor.edit.lines.key(at: 500))
        var edited = lines
        edited[500] = "other\n"
        let payload = try #require(editor.edit.makeSet(text: edited.joined()))
        #expect(String(decoding: payload, as: UTF8.self) == #"{"\#(key)":"other\n"}"#)
        edited = lines
        edited.remove(at: 500)
        let removal = try #require(editor.edit.makeSet(text: edited.joined()))
        #expect(String(decoding: removal, as: UTF8.self) == #"{"\#(key)":null}"#)
        edited = lines
        edited.insert("new\n", at: 500)
        let insertion = try #require(editor.edit.makeSet(text: edited.joined()))
        #expect(ArrayCore.members(of: insertion)?.count == 1)
    }

    @Test("Lines keep their line feed, and the last may be empty, as on the wire")
    func wireForm() throws {
        var editor = Editor("A")
        #expect(editor.edit.makeSet(text: "") == nil && editor.edit.text.isEmpty)
        editor.type("line1\nline2\n")
        #expect(editor.edit.dumpText == #"["line1\n","line2\n",""]"#)
        editor.type("line1\r\nline2")
        #expect(editor.edit.dumpText == #"["line1\r\n","line2"]"#)
        editor.type("")
        #expect(editor.edit.dumpText == #"[""]"#)
    }

    @Test(
        "Lines that several append at the same time stay lines",
        arguments: ["shopping", "shopping\n", "shopping\n\n", "a\nb", "\n", "shopping\r\n"],
        [("milk", "eggs"), ("milk\n", "eggs\n"), ("milk\nbread", "eggs")])
    func appended(text: String, lines: (String, String)) throws {
        var (a, b, c) = (Editor("A"), Editor("B"), Editor("C"))
        let first = try a.typed(text)
        b.receive(first)
        c.receive(first)
        let feed = text.hasSuffix("\n") ? "" : "\n"
        let one = try a.typed(text + feed + lines.0)
        let other = try b.typed(text + feed + lines.1)
        a.receive(other)
        b.receive(one)
        #expect(a.edit.dumpText == b.edit.dumpText)
        #expect(a.edit.text.hasPrefix(text))
        let found = a.edit.text.split(separator: "\n")
        let wanted = (text + "\n" + lines.0 + "\n" + lines.1).split(separator: "\n")
        #expect(found.sorted() == wanted.sorted())
        // The next text is written as it is, too, whoever goes on.
        for update in [other, one] { c.receive(update) }
        let more = a.edit.text + "\nand more"
        b.receive(try a.typed(more))
        #expect(a.edit.text == more && b.edit.text == more)
        a.type("shopping\n")
        #expect(a.edit.text == "shopping\n" && a.shown == Array("shopping\n".utf16))
    }

    @Test("A line is appended without writing another one")
    func appendedAlone() throws {
        var editor = Editor("A")
        editor.type("shopping")
        let payload = try #require(editor.edit.makeSet(text: "shopping\nmilk\nbread"))
        #expect(
            ArrayCore.members(of: payload)?.map {
                String(decoding: payload[$0.value], as: UTF8.self)
            }
                == [#""\nmilk""#, #""\nbread""#])
        editor.write(payload)
        // Such lines are changed, removed and inserted one by one, like all others.
        for text in [
            "shopping\nmilch\nbread", "shopping\nmilch\neggs\nbread", "shopping\nmilch\neggs",
            "shopping\neggs", "list\neggs", "list\neggs\n",
        ] {
            let payload = try #require(editor.edit.makeSet(text: text))
            #expect(try #require(ArrayCore.members(of: payload)).count <= 2)
            editor.write(payload)
            #expect(editor.edit.text == text)
        }
    }

    @Test("A text that was made from an old one removes nothing that arrived since")
    func fromVersion() throws {
        var (a, b) = (Editor("A"), Editor("B"))
        b.receive(try a.typed("shopping\nmilk"))
        let base = b.edit.text
        b.receive(try a.typed("shopping\nmilk\neggs\nbread"))
        b.receive(try a.typed("shopping list\nmilk\neggs\nbread"))
        let payload = b.edit.makeSet(text: "shopping\noat milk\ntea", from: base)
        if let update = b.write(payload) { a.receive(update) }
        #expect(b.edit.text == "shopping list\noat milk\ntea\neggs\nbread")
        #expect(a.edit.text == b.edit.text)
        #expect(b.edit.makeSet(text: base, from: base) == nil)
        #expect(b.edit.makeSet(text: b.edit.text, from: base) == nil)
        // Without a version it becomes the text.
        b.type(base)
        #expect(b.edit.text == base)
    }

    @Test("Nothing that arrived since the version is lost", arguments: UInt64(0)..<300)
    func fromVersionAtRandom(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (a, b) = (Editor("A"), Editor("B"))
        if let first = a.type(text(&random)) { b.receive(first) }
        let base = b.edit.text
        var lines = a.edit.text.split(separator: "\n", omittingEmptySubsequences: false)
        for number in 0..<3 {
            lines.insert("<\(number)>", at: Int.random(in: 0...lines.count, using: &random))
        }
        b.receive(try a.typed(lines.joined(separator: "\n")))
        if let update = b.write(b.edit.makeSet(text: text(&random), from: base)) {
            a.receive(update)
        }
        #expect(a.edit.dumpText == b.edit.dumpText)
        for number in 0..<3 { #expect(b.edit.text.contains("<\(number)>")) }
    }

    @Test("Lines that others cut otherwise make the same text, which is no reason to write")
    func otherCuts() {
        var editor = Editor("A")
        editor.receive(update("B", 1, #"{"a":"one\ntwo","b":" and ","c":"three\n"}"#))
        #expect(editor.edit.text == "one\ntwo and three\n")
        #expect(editor.edit.makeSet(text: "one\ntwo and three\n") == nil)
        editor.type("one\ntwo and four\n")
        #expect(editor.edit.text == "one\ntwo and four\n")
    }

    @Test("An element that is no string is kept and is no part of the text")
    func noString() {
        var editor = Editor("A")
        editor.receive(update("B", 1, #"{"a":"x\n","b":{"n":1},"c":"y","d":7}"#))
        #expect(editor.edit.text == "x\ny")
        editor.type("x\nz\ny")
        #expect(editor.edit.text == "x\nz\ny" && Array(editor.shown) == Array("x\nz\ny".utf16))
        editor.type("")
        #expect(editor.edit.dumpText == #"["",{"n":1},7]"#)
    }

    @Test("A cursor stays with the text around it")
    func cursors() throws {
        var editor = Editor("A")
        editor.type("hello\nwide 𝕏 world\nend")
        var changes: [EditChange]? = []
        let payload = try #require(editor.edit.makeSet(text: "hello\nnew\nwide 𝕏 brave world\nend"))
        #expect(editor.edit.apply(update("A", 9, payload), changes: &changes) == .applied)
        func moved(_ cursor: Int, _ affinity: EditChange.Affinity = .before) -> Int {
            (changes ?? []).reduce(cursor) { $1.moved($0, affinity: affinity) }
        }
        // Before everything, before "wide", before "world", at the end.
        #expect(moved(0) == 0 && moved(5) == 5)
        #expect(moved(11) == 15 && moved(14, .after) == 24)
        #expect(moved(23) == 33)
        #expect(editor.edit.text.utf16.count == 33)
    }

    @Test("A cursor within text that was replaced, and where text is inserted exactly there")
    func cursorEdges() {
        let stamp = update("A", 1, "{}").stamp
        let line = ArrayChange(key: "k", index: 0, old: nil, new: nil, stamp: stamp)
        let change = EditChange(
            offset: 4, removed: "old!", inserted: "new", stamp: stamp, line: line)
        #expect((3...9).map { change.moved($0) } == [3, 4, 5, 6, 7, 7, 8])
        let insertion = EditChange(
            offset: 4, removed: "", inserted: "new", stamp: stamp, line: line)
        #expect([3, 4, 5].map { insertion.moved($0) } == [3, 4, 8])
        #expect([3, 4, 5].map { insertion.moved($0, affinity: .after) } == [3, 7, 8])
    }
}

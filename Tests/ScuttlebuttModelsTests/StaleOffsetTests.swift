// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttModels

/// A position was right when a view made it, and something was deleted elsewhere since.
@Suite("A position that is out of date", .timeLimit(.minutes(20)))
struct StaleOffsetTests {
    private static let positions = [Int.min, -1, 0, 2, 3, 4, 8, 10, .max]
    private static let ranges = positions.flatMap { lower in
        positions.filter { $0 >= lower }.map { lower..<$0 }
    }

    private static func document() throws -> TextDocument {
        var document = TextDocument()
        try document.insert("abcdefghijkl", at: 0, by: source("A"))
        var other = document
        try document.apply(other.delete(3..<12, by: source("B")))
        return document
    }

    private static func clamped(_ position: Int) -> Int { min(max(0, position), 3) }

    @Test("A range of a text that became shorter means the part that is left", arguments: ranges)
    func textRanges(range: Range<Int>) throws {
        let document = try Self.document()
        #expect(document.text == "abc")
        let inside = Self.clamped(range.lowerBound)..<Self.clamped(range.upperBound)
        #expect(document[range] == document[inside])
        let a = source("A")
        #expect(
            document.makeReplace(range, with: "x", by: a)
                == document.makeReplace(inside, with: "x", by: a))
        #expect(document.makeDelete(range, by: a) == document.makeDelete(inside, by: a))
        var (one, other) = (document, document)
        try #expect(
            one.replace(range, with: "x", by: a) == other.replace(inside, with: "x", by: a))
        #expect(one == other)
        (one, other) = (document, document)
        try #expect(one.delete(range, by: a) == other.delete(inside, by: a))
        #expect(one == other)
        var text = ReplicatedText(source: a)
        text.apply(update("A", 1, try #require(text.makeInsert("abc", at: 9))))
        #expect(text.makeReplace(range, with: "x") == text.makeReplace(inside, with: "x"))
        #expect(text.makeDelete(range) == text.makeDelete(inside))
    }

    @Test("A position behind a text means its end", arguments: positions)
    func textPositions(position: Int) throws {
        let document = try Self.document()
        let inside = Self.clamped(position)
        let a = source("A")
        #expect(document.utf16Offset(of: position) == inside)
        #expect(document.position(ofUTF16: position) == inside)
        #expect(document.cursor(at: position) == document.cursor(at: inside))
        #expect(
            document.cursor(at: position, sticksToPrevious: false)
                == document.cursor(at: inside, sticksToPrevious: false))
        #expect(
            document.makeInsert("x", at: position, by: a)
                == document.makeInsert("x", at: inside, by: a))
        var edited = document
        try edited.insert("x", at: position, by: a)
        #expect(edited.count == 4)
        #expect(TextDocument()[position..<position].isEmpty)
        #expect(TextDocument().cursor(at: position).id == nil)
    }

    @Test("An index of an array that became shorter finds nothing", arguments: positions)
    func arrays(position: Int) throws {
        var array = ReplicatedArray<String>(source: source("A"))
        for (time, value) in ["a", "b", "c"].enumerated() {
            array.apply(update("A", Double(time + 1), try array.makePush(value)))
        }
        let isThere = (0..<3).contains(position)
        #expect((array[position] != nil) == isThere)
        #expect((array.key(at: position) != nil) == isThere)
        #expect((array.makeRemove(at: position) != nil) == isThere)
        #expect(try (array.makeSet("x", at: position) != nil) == isThere)
        let inserted = try array.makeInsert("x", at: position)
        #expect(inserted == (try array.makeInsert("x", at: Self.clamped(position))))
        _ = try array.makeSplice(at: position, removing: position, inserting: ["x"])
        for range in Self.ranges where range.lowerBound == position {
            let inside = Self.clamped(range.lowerBound)..<Self.clamped(range.upperBound)
            #expect(array[range].compactMap { $0 } == Array(["a", "b", "c"][inside]))
        }
    }

    @Test(
        "An index of a list or of a sequence of rows is clamped, or finds nothing",
        arguments: positions)
    func lists(position: Int) throws {
        var list = MovableList<Int>()
        list.apply(list.makeAppend([1, 2, 3]), at: stamp("A", 1))
        let isThere = (0..<3).contains(position)
        #expect((list.makeRemove(at: position) != nil) == isThere)
        #expect((list.makeReplace(at: position, with: 7) != nil) == isThere)
        #expect((list.makeMove(from: position, to: position) != nil) == isThere)
        list.apply(list.makeInsert([4], at: position), at: stamp("A", 2))
        #expect(list.items.count == 4)

        var doc = ReplicatedDoc<Int>()
        doc.declareSequence("list") { _ in true }
        for time in 1...3 {
            doc.apply(
                update("A", Double(time), try doc.makePush(PropertyKey("\(time)"), to: "list")))
        }
        #expect((doc.sequence("list").row(at: position) != nil) == isThere)
        _ = doc.makeMove("1", to: position, in: "list")
        doc.apply(update("A", 4, try doc.makeInsert("4", at: position, in: "list")))
        #expect(doc.sequence("list").count == 4)
    }

    @Test("A cursor that was never in a text is moved without a trap", arguments: positions)
    func cursors(position: Int) {
        let stamp = update("A", 1, "{}").stamp
        let line = ArrayChange(key: "k", index: 0, old: nil, new: nil, stamp: stamp)
        let change = EditChange(
            offset: 4, removed: "old", inserted: "longer", stamp: stamp, line: line)
        #expect(change.moved(position) >= min(position, 4))
        #expect(change.moved(position, affinity: .after) >= min(position, 4))
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// What two people see who change one tree at the same time.
@Suite("A tree whose nodes move", .timeLimit(.minutes(20)))
struct MovableTreeTests {
    typealias Tree = MovableTree<PropertyKey, String>

    /// A folder "a" with the file "f", and a folder "b".
    private static func tree() -> Tree {
        var tree = Tree()
        tree.apply(.init(node: "a", parent: .root, value: "Alpha"), at: stamp("alice", 1))
        tree.apply(.init(node: "b", parent: .root, value: "Beta"), at: stamp("alice", 2))
        tree.apply(.init(node: "f", parent: .node("a"), value: "file"), at: stamp("alice", 3))
        return tree
    }

    /// Both operations, made from one tree, in both orders of their stamps and of their arrival.
    private static func expect(
        _ one: Tree.Operation?, _ other: Tree.Operation?, give expected: [[String]]
    ) throws {
        let (one, other) = (try #require(one), try #require(other))
        for (times, rows) in zip([(5.0, 6.0), (6.0, 5.0)], expected) {
            var (tree, reversed) = (Self.tree(), Self.tree())
            tree.apply(one, at: stamp("alice", times.0))
            tree.apply(other, at: stamp("bob", times.1))
            reversed.apply(other, at: stamp("bob", times.1))
            reversed.apply(one, at: stamp("alice", times.0))
            #expect(tree == reversed)
            #expect(rows == tree.rows)
            let read = try JSONDecoding().decode(Tree.self, from: JSONEncoding().encode(tree))
            #expect(read == tree && read.rows == rows)
            // What is visible stays visible when the history is forgotten.
            tree.compact(stableBefore: stamp("zoe", 7))
            #expect(rows == tree.rows)
        }
    }

    @Test("A rename and a move at the same time both count")
    func renameAndMove() throws {
        let tree = Self.tree()
        let both = ["0 Alpha", "0 Beta", "1 report"]
        try Self.expect(
            tree.makeReplace(valueOf: "f", with: "report"), tree.makeMove("f", to: .node("b")),
            give: [both, both])
    }

    @Test("Of a removal and a move at the same time the later one counts")
    func removalAndMove() throws {
        let tree = Self.tree()
        try Self.expect(
            tree.makeRemove("f"), tree.makeMove("f", to: .node("b")),
            give: [["0 Alpha", "0 Beta", "1 file"], ["0 Alpha", "0 Beta"]])
    }

    @Test("A rename at the same time does not bring back what was removed")
    func removalAndRename() throws {
        let tree = Self.tree()
        let gone = ["0 Alpha", "0 Beta"]
        try Self.expect(
            tree.makeRemove("f"), tree.makeReplace(valueOf: "f", with: "report"),
            give: [gone, gone])
    }

    @Test("What is moved or created below a node that is being removed comes to the top")
    func strays() throws {
        let tree = Self.tree()
        let moved = ["0 Beta", "0 file"]
        var other = tree
        other.apply(try #require(tree.makeMove("f", to: .node("b"))), at: stamp("alice", 4))
        // The file was not below "b" when "b" was removed.
        try Self.expect(
            tree.makeRemove("b"), tree.makeMove("f", to: .node("b")),
            give: [["0 Alpha", "0 file"], ["0 Alpha", "0 file"]])
        // The file was below "a", and nobody has moved it since.
        let gone = ["0 Beta"]
        try Self.expect(
            tree.makeRemove("a"), tree.makeReplace(valueOf: "b", with: "Beta"), give: [gone, gone])
        let created = ["0 Beta", "0 new"]
        try Self.expect(
            tree.makeRemove("a"), Tree.Operation(node: "n", parent: .node("a"), value: "new"),
            give: [created, created])
        // Even the place where it was already.
        try Self.expect(
            tree.makeRemove("a"), tree.makeMove("f", to: .node("a")), give: [moved, moved])
    }

    @Test("A stray is at the top until somebody moves it, and what is below it follows")
    func straysSettle() throws {
        var tree = Self.tree()
        let removal = try #require(tree.makeRemove("b"))
        let move = try #require(tree.makeMove("a", to: .node("b")))
        tree.apply(move, at: stamp("alice", 4))
        tree.apply(removal, at: stamp("bob", 5))
        #expect(tree.strays == ["a"] && tree.rows == ["0 Alpha", "1 file"])
        #expect(tree.parent(of: "a") == .root && tree.parent(of: "f") == .node("a"))
        #expect(tree.children(of: .root) == ["a"] && tree.children(of: .node("b")).isEmpty)
        #expect(tree.children(of: .trash) == ["b"])
        var settled = tree
        settled.apply(try #require(tree.makeMove("a", to: .root)), at: stamp("alice", 6))
        #expect(settled.strays.isEmpty && settled.rows == tree.rows)
        settled = tree
        settled.apply(try #require(tree.makeRemove("a")), at: stamp("alice", 6))
        #expect(settled.strays.isEmpty && settled.rows.isEmpty)
        // Whoever brings back the folder has its contents in it again.
        settled = tree
        settled.apply(try #require(tree.makeMove("b", to: .root)), at: stamp("alice", 6))
        #expect(settled.rows == ["0 Beta", "1 Alpha", "2 file"])
    }

    @Test("Operations and trees of an earlier version are read")
    func earlierForm() throws {
        let text = #"""
            {"horizon":[3,"alice"],"base":[{"node":"a","parent":{"root":{}},"value":"Alpha"}],
            "steps":[{"stamp":[4,"bob"],"operation":
            {"node":"f","parent":{"node":{"node":"a"}},"value":"file"}},
            {"stamp":[5,"bob"],"operation":{"node":"a","parent":{"trash":{}},"value":"Alpha"}}]}
            """#
        var tree = try JSONDecoding().decode(Tree.self, from: Array(text.utf8))
        // Such a removal had seen what came before it.
        #expect(tree.rows.isEmpty && tree.value(of: "f") == "file")
        tree.apply(.init(node: "a", parent: .root), at: stamp("bob", 6))
        #expect(tree.rows == ["0 Alpha", "1 file"])
        func written(_ operation: Tree.Operation?) throws -> String {
            String(decoding: try JSONEncoding().encode(operation), as: UTF8.self)
        }
        #expect(
            try written(.init(node: "a", parent: .root, value: "x"))
                == #"{"node":"a","parent":{"root":{}},"value":"x"}"#)
        #expect(
            try written(Self.tree().makeReplace(valueOf: "a", with: "x"))
                == #"{"node":"a","value":"x"}"#)
        #expect(
            try written(Self.tree().makeRemove("a"))
                == #"{"node":"a","parent":{"trash":{}},"seen":[[3,"alice"]]}"#)
    }

    @Test("A value that may be null is told from no value")
    func nullValues() throws {
        typealias Optional = MovableTree<PropertyKey, Int?>
        var tree = Optional()
        tree.apply(.init(node: "a", parent: .root, value: .some(7)), at: stamp("alice", 1))
        let operation = try #require(tree.makeReplace(valueOf: "a", with: nil))
        let coded = try JSONEncoding().encode(operation)
        #expect(String(decoding: coded, as: UTF8.self) == #"{"node":"a","value":null}"#)
        let read = try JSONDecoding().decode(Optional.Operation.self, from: coded)
        #expect(read == operation)
        tree.apply(read, at: stamp("alice", 2))
        #expect(tree.value(of: "a") == .some(nil) && tree.outline.count == 1)
    }
}

extension MovableTree where Value == String {
    fileprivate var rows: [String] { outline.map { "\($0.depth) \($0.value)" } }
}

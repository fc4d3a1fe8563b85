// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@testable import ScuttlebuttModels

/// The update in a line, if there is one.
private func recordedUpdate(_ line: String) -> Update? {
    let bytes = Array(line.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
        guard var walk = JSONElements(buffer), let payload = walk.next(), let time = walk.next(),
            let name = walk.next()
        else { return nil }
        let text = { (range: Range<Int>) in String(decoding: buffer[range], as: UTF8.self) }
        guard let time = Double(text(time)) else { return nil }
        return update(text(name).filter { $0 != "\"" }, time, Array(buffer[payload]))
    }
}

@Suite("Arrays in recordings of the originals", .timeLimit(.minutes(20)))
struct ArrayRecordingTests {
    /// All updates of a recording, in an order for each side.
    private func sides(_ name: String) -> [[Update]] {
        let updates = Fixtures.recording(name).compactMap { $0.data.flatMap(recordedUpdate) }
        // Each side had its own updates first; the echoes that came back are in here, too.
        return ["SERVER", "CLIENT"].map { own in
            updates.filter { $0.source.text == own } + updates.filter { $0.source.text != own }
        }
    }

    @Test("r-array: both sides of the recording hold the same")
    func array() {
        for updates in sides("r-array") {
            #expect(updates.count == 12)
            var array = ReplicatedArray<String>(source: source("X"))
            for update in updates { #expect(array.apply(update) == .applied) }
            #expect(array.dumpText == #"["a","B1","B2"]"#)
            #expect(array.keys == ["V543", "k240", "o138"] && array.tombstoneCount == 2)
            // The original had dropped what was superseded, too.
            #expect(array.history(since: VersionVector()).count == 4)
        }
    }

    @Test("r-edit: both sides of the recording hold the same")
    func edit() {
        for updates in sides("r-edit") {
            #expect(updates.count == 3)
            var edit = ReplicatedEdit(source: source("X"))
            for update in updates { #expect(edit.apply(update) == .applied) }
            #expect(edit.dumpText == #"["line1\n","lineX\n","line2\n",""]"#)
            #expect(edit.text == "line1\nlineX\nline2\n")
        }
    }

    @Test("r-array: a splice of ours has the form of the original's")
    func splice() throws {
        var array = ReplicatedArray<String>(source: source("SERVER"))
        array.apply(update("SERVER", 1, #"{"V543":"a"}"#))
        array.apply(update("SERVER", 2, #"{"k240":"b"}"#))
        array.apply(update("CLIENT", 3, #"{"s188":"c"}"#))
        let payload = try #require(
            try array.makeSplice(at: 1, removing: 1, inserting: ["B1", "B2"]))
        let members = try #require(ArrayCore.members(of: payload))
        #expect(members.count == 2 && members[0].key == "k240")
        #expect(members[1].key > "k240" && members[1].key < "s188")
        #expect(array.makePop() == Array(#"{"s188":null}"#.utf8))
        #expect(array.makeShift() == Array(#"{"V543":null}"#.utf8))
    }
}

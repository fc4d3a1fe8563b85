// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument: versions and what waits", .timeLimit(.minutes(20)))
struct TextVersionTests {
    private static func document(_ operations: some Sequence<TextOperation>) throws -> TextDocument
    {
        var document = TextDocument()
        for operation in operations { try document.apply(operation) }
        return document
    }

    @Test("A deletion makes another version")
    func deletions() throws {
        var document = TextDocument()
        try document.insert("abcdef", at: 0, by: source("A"))
        let before = document
        try document.delete(1..<3, by: source("B"))
        #expect(document.version != before.version)
        #expect(document.version[source("A")] == 6 && document.version[source("B")] == 0)
        let run = TextRun(source: source("A"), counters: 1..<3)
        #expect(document.version.hasDeleted(run) && !before.version.hasDeleted(run))
        let more = TextRun(source: source("A"), counters: 1..<4)
        #expect(!document.version.hasDeleted(more))
        var other = before
        try other.delete(2..<4, by: source("C"))
        // As many scalars and as many deletions, but not the same.
        #expect(other.version != document.version)
        try other.merge(document.encoded(since: other.version))
        try document.merge(other.encoded(since: document.version))
        #expect(other.version == document.version && other == document)
    }

    @Test("Texts are equal if their versions are, and only then", arguments: UInt64(0)..<200)
    func equality(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = TextScene(writers: 3, steps: 25, random: &random)
        let all = scene.linearExtension(&random)
        let cuts = (0..<6).map { _ in Int.random(in: 0...all.count, using: &random) }
        let documents = try cuts.map { try Self.document(all.prefix($0)) }
        for one in documents {
            for other in documents {
                #expect((one.version == other.version) == (one == other))
                var behind = one
                try behind.merge(other.encoded(since: one.version))
                var whole = one
                try whole.merge(other.saved())
                #expect(behind == whole)
            }
        }
    }

    @Test("What a peer has deleted is not sent to it again")
    func nothingTwice() throws {
        var document = TextDocument()
        try document.insert(String(repeating: "x", count: 1_000), at: 0, by: source("A"))
        for place in 0..<400 { try document.delete(place..<place + 1, by: source("B")) }
        let nothing = document.encoded(since: document.version)
        #expect(nothing.count < 20)
        #expect(document.saved().count > 400)
    }

    @Test("What waits is saved, opened and merged", arguments: UInt64(0)..<200)
    func waiting(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = TextScene(writers: 4, steps: 40, random: &random)
        var operations = scene.operations
        operations.shuffle(using: &random)
        let cut = Int.random(in: 0...operations.count, using: &random)
        let document = try Self.document(operations[..<cut])
        var opened = try TextDocument(saved: document.saved())
        #expect(opened == document && opened.pendingCount == document.pendingCount)
        #expect(opened.saved() == document.saved())
        let coded = try JSONDecoding().decode(
            TextDocument.self, from: JSONEncoding().encode(document))
        #expect(coded == document)
        var merged = try Self.document(operations[cut...])
        try merged.merge(document.saved())
        for operation in operations[cut...] { try opened.apply(operation) }
        let whole = try Self.document(scene.operations)
        #expect(opened == whole && merged == whole && whole.pendingCount == 0)
    }

    @Test("A merge of what waits is commutative and idempotent", arguments: UInt64(0)..<100)
    func joins(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = TextScene(writers: 3, steps: 30, random: &random)
        func part() throws -> TextDocument {
            try Self.document(scene.operations.filter { _ in Bool.random(using: &random) })
        }
        let (a, b) = (try part(), try part())
        var (left, right) = (a, b)
        try left.merge(b.saved())
        try right.merge(a.saved())
        #expect(left == right)
        try left.merge(b.saved())
        #expect(left == right)
    }

    @Test("Bytes of what waits that are cut off or lie are damaged", arguments: UInt64(0)..<50)
    func damage(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let scene = TextScene(writers: 3, steps: 20, random: &random)
        let document = try Self.document(scene.operations.dropFirst(3))
        guard document.pendingCount > 0 else { return }
        let bytes = document.saved()
        for length in 0..<bytes.count {
            #expect(throws: TextError.self) { try TextDocument(saved: Array(bytes[..<length])) }
        }
        for _ in 0..<200 {
            var damaged = bytes
            let place = Int.random(in: 0..<damaged.count, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            var merged = document
            do {
                try merged.merge(damaged)
                let saved = merged.saved()
                #expect(try TextDocument(saved: saved).saved() == saved)
            } catch {
                #expect(merged == document)
            }
            if let opened = try? TextDocument(saved: damaged) { _ = opened.saved() }
        }
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels

extension FuzzTarget {
    /// Three who edit a text see what they typed, and end with the same whatever they hear first.
    static let textEditing = FuzzTarget(
        "text-editing", maximumByteCount: 96, build: .machines
    ) { bytes in
        var program = FuzzProgram(bytes)
        var world = TextWorld()
        var count = 0
        while !program.isOver, count < 20 {
            count += 1
            try world.step(&program)
        }
        try world.finish()
    }

    /// Operations that no text prepared neither trap nor spoil the text that takes them.
    static let textOperation = FuzzTarget(
        "text-operation", maximumByteCount: 112, build: .machines
    ) { bytes in
        var program = FuzzProgram(bytes)
        var document = TextDocument()
        var shadow: [Unicode.Scalar] = []
        var count = 0
        while !program.isOver, count < 16 {
            count += 1
            let operation = TextWorld.invented(&program)
            let before = program.below(4) == 0 ? document : nil
            var changes: [TextChange]? = []
            do throws(TextError) {
                try document.apply(operation, changes: &changes)
            } catch {
                try expect(before.map { $0 == document } ?? true, "changed by what it refused")
                continue
            }
            try TextWorld.follow(changes ?? [], &shadow)
            try expect(document.count == shadow.count, "followed to another length")
            if program.below(8) == 0 {
                let place = program.below(document.count + 1)
                guard
                    (try? document.insert("z\u{1F600}", at: place, by: TextWorld.here))
                        != nil
                else { continue }
                shadow.insert(contentsOf: "z\u{1F600}".unicodeScalars, at: place)
            }
        }
        let found = Array(document.text.unicodeScalars)
        try expect(found == shadow, "\(found), followed to \(shadow)")
        try TextWorld.checkSaving(document)
        let encoded = try JSONEncoding().encode(document)
        let decoded = try JSONDecoding().decode(TextDocument.self, from: encoded)
        try expect(decoded == document, "\(text(encoded)) is another text")
    }

    /// Bytes that pretend to be a saved text, or to continue one, are refused or become a text.
    static let textSaved = FuzzTarget(
        "text-saved", maximumByteCount: 256, build: .saved
    ) { bytes in
        guard let choice = bytes.first else { return }
        let saved = Array(bytes[1...])
        if var opened = try? TextDocument(saved: saved) {
            try checkUse(&opened, Int(choice >> 2))
        }
        var document = TextDocument()
        if choice & 1 != 0 {
            try document.insert("ab\u{e9}\u{1F600}c", at: 0, by: TextWorld.sources[0])
            try document.insert("xy", at: 2, by: TextWorld.sources[1])
            try document.delete(1..<3, by: TextWorld.sources[0])
        }
        let before = document
        do throws(TextError) {
            try document.merge(saved)
        } catch {
            return try expect(document == before, "changed by what it refused")
        }
        let once = document
        try document.merge(saved)
        try expect(document == once, "merged twice")
        try TextWorld.checkSaving(document)
        try checkUse(&document, Int(choice >> 2))
    }

    /// What every text must bear, however its bytes lied about the order of its runs.
    private static func checkUse(_ document: inout TextDocument, _ choice: Int) throws {
        try expect(document.count == document.text.unicodeScalars.count, "another count")
        try expect(document.utf16Count == document.text.utf16.count, "another UTF-16 count")
        let place = choice % (document.count + 1)
        _ = document.position(of: document.cursor(at: place))
        // There may be no room for more.
        _ = try? document.insert("q\u{e9}", at: place, by: TextWorld.sources[choice % 3])
        if document.count > 0 { _ = try? document.delete(0..<1, by: TextWorld.sources[2]) }
        _ = try? document.replace(
            0..<min(document.count, choice), with: "r", by: TextWorld.sources[0])
        _ = document.saved()
        try expect(document.count == document.text.unicodeScalars.count, "another count afterwards")
    }
}

/// Three copies of a text, and what their editors have yet to hear.
struct TextWorld {
    static let sources = ["A", "B", "C"].map { source($0) }
    /// Who edits here; nobody else speaks in this name.
    static let here = source("D")
    private static let pieces = ["a", "bc", "\u{e9}", "\u{1F600}", "defg", "\n", "\u{301}", "h"]

    private var documents = Array(repeating: TextDocument(), count: 3)
    private var shadows: [[Unicode.Scalar]] = [[], [], []]
    private var inboxes: [[TextOperation]] = [[], [], []]
    private var everything: [TextOperation] = []

    mutating func step(_ program: inout FuzzProgram) throws {
        let choice = program.below(32)
        let editor = choice % 3
        switch choice / 3 {
        case 0...4: try edit(editor, &program)
        case 5...8:
            guard !inboxes[editor].isEmpty else { return }
            let number = program.below(inboxes[editor].count)
            let operation = inboxes[editor].remove(at: number)
            try apply(operation, to: editor)
            // It may come again.
            if program.below(8) == 0 { inboxes[editor].append(operation) }
        case 9:
            let other = documents[(editor + 1) % 3]
            let bytes = other.encoded(since: documents[editor].version)
            try documents[editor].merge(bytes)
            shadows[editor] = Array(documents[editor].text.unicodeScalars)
        default:
            documents[editor] = try JSONDecoding().decode(
                TextDocument.self, from: JSONEncoding().encode(documents[editor]))
        }
    }

    private mutating func edit(_ editor: Int, _ program: inout FuzzProgram) throws {
        let start = program.below(documents[editor].count + 1)
        let removed = max(0, program.below(8) - 4)
        let end = min(start + removed, documents[editor].count)
        let piece = program.below(9)
        let new = piece < 8 ? Self.pieces[piece] : ""
        let operation = try documents[editor].replace(
            start..<end, with: new, by: Self.sources[editor])
        shadows[editor].replaceSubrange(start..<end, with: new.unicodeScalars)
        try checkShadow(editor)
        guard !operation.isEmpty else { return }
        everything.append(operation)
        for other in 0..<3 where other != editor { inboxes[other].append(operation) }
    }

    private mutating func apply(_ operation: TextOperation, to editor: Int) throws {
        var changes: [TextChange]? = []
        try documents[editor].apply(operation, changes: &changes)
        try Self.follow(changes ?? [], &shadows[editor])
        try checkShadow(editor)
    }

    private func checkShadow(_ editor: Int) throws {
        let found = Array(documents[editor].text.unicodeScalars)
        try expect(found == shadows[editor], "\(found), followed to \(shadows[editor])")
    }

    /// Makes the changes that are reported.
    static func follow(_ changes: [TextChange], _ scalars: inout [Unicode.Scalar]) throws {
        for change in changes {
            switch change {
            case .inserted(let text, let place):
                try expect((0...scalars.count).contains(place), "inserted at \(place)")
                scalars.insert(contentsOf: text.unicodeScalars, at: place)
            case .deleted(let range):
                try expect(range.lowerBound >= 0 && range.upperBound <= scalars.count, "\(range)")
                scalars.removeSubrange(range)
            }
        }
    }

    /// All hear all, each in another order.
    mutating func finish() throws {
        for (editor, operations) in [everything, everything.reversed(), inboxes[2]].enumerated() {
            for operation in operations { try apply(operation, to: editor) }
        }
        for document in documents {
            try expect(document.pendingCount == 0, "something waits for good")
            try expect(document == documents[0], "\(document.text), \(documents[0].text) elsewhere")
            try expect(document.text == documents[0].text, "other texts")
        }
        try Self.checkSaving(documents[0])
        var merged = TextDocument()
        try merged.merge(documents[0].saved())
        try expect(merged == documents[0], "merged into nothing: \(merged.text)")
        var replayed = TextDocument()
        for operation in everything.reversed() { try replayed.apply(operation) }
        try expect(replayed == documents[0], "replayed backwards: \(replayed.text)")
    }

    static func checkSaving(_ document: TextDocument) throws {
        let saved = document.saved()
        let opened = try TextDocument(saved: saved)
        try expect(opened.text == document.text, "opened as \(opened.text)")
        try expect(opened.saved() == saved, "saved in another way")
        try expect(opened.version == document.version, "opened with another version")
    }

    /// An operation that nobody prepared.
    static func invented(_ program: inout FuzzProgram) -> TextOperation {
        let choice = program.below(256)
        var insertion: TextOperation.Insertion?
        if choice & 7 != 7 {
            var parent: TextID?
            if choice & 8 != 0 {
                parent = TextID(
                    source: sources[program.below(3)], counter: number(&program))
            }
            insertion = TextOperation.Insertion(
                start: number(&program), parent: parent, side: choice & 16 == 0 ? .right : .left,
                text: choice & 32 == 0 ? pieces[choice >> 5 & 7] : pieces[program.below(8)])
        }
        let deletions = (0..<(choice & 64 == 0 ? 0 : program.below(4))).map { _ in
            let start = number(&program)
            let (end, overflows) = start.addingReportingOverflow(program.below(8))
            return TextRun(
                source: sources[program.below(3)], counters: start..<(overflows ? start : end))
        }
        return TextOperation(
            source: sources[program.below(3)], insertion: insertion, deletions: deletions)
    }

    private static let extremes = [
        -1, Int(Int32.max) - 1, Int(Int32.max), Int(UInt32.max), .max, .min, 65_535, 65_536,
    ]

    /// Mostly a small number.
    private static func number(_ program: inout FuzzProgram) -> Int {
        let choice = program.below(256)
        return choice < 248 ? choice % 16 : extremes[choice - 248]
    }
}

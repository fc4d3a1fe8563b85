// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRelay
import ScuttlebuttRuntime
import Testing

/// What a power cut leaves of an export.
@Suite(
    "An export whose last line was torn goes on behind the whole lines", .timeLimit(.minutes(20)))
struct TornExportTests {
    private static let whole = [
        #"[{"type":"A","n":"é \\ \"x\""},1,"X"]"#, #"[{"type":"B","n":[1.5,true,null]},2,"X"]"#,
        #"[{"type":"C"},3,"Xé"]"#,
    ]

    private static func updates() throws -> [Update] {
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        return try whole.compactMap { line in
            guard case .message(.update(let update)) = try decoder.decode(Array(line.utf8)) else {
                return nil
            }
            return update
        }
    }

    /// Opens an export of a storage that has everything, and returns what was reported.
    private func reopen(_ path: String) async throws -> [String] {
        let base = InMemoryStorage()
        try await base.append(Self.updates())
        var messages: [String] = []
        let storage = try ExportingStorage(path: path, base: base) { messages.append($0) }
        try await storage.load { _ in }
        await storage.close()
        return messages
    }

    @Test(
        "The rest of a line that ends anywhere is cut off, with a message, and written again",
        arguments: [0, 1, 100], 0..<3)
    func torn(zeros: Int, line: Int) async throws {
        let folder = try TemporaryFolder()
        let before = Self.whole[..<line].map { $0 + "\n" }.joined()
        let last = Array(Self.whole[line].utf8)
        // Of a single line, two bytes at least must be there to show what it is.
        for length in (line == 0 ? 2 : 1)..<last.count {
            let path = folder.path("out")
            let rest = last[..<length] + Array(repeating: 0, count: zeros)
            try Data(Array(before.utf8) + rest).write(to: folder.url.appending(path: "out"))
            let messages = try await reopen(path)
            #expect(messages.count == 1, "\(length)")
            #expect(messages.first?.contains("cut off its \(length + zeros) bytes") == true)
            #expect(try folder.lines("out") == Self.whole, "\(length)")
        }
    }

    @Test("Zeros behind whole lines are cut off")
    func zeros() async throws {
        let folder = try TemporaryFolder()
        let bytes = Array((Self.whole[0] + "\n").utf8) + [UInt8](repeating: 0, count: 5_000)
        try Data(bytes).write(to: folder.url.appending(path: "out"))
        #expect(try await reopen(folder.path("out")).count == 1)
        #expect(try folder.lines("out") == Self.whole)
    }

    @Test("A last line that only lacks its newline is kept, and nothing is said")
    func noNewline() async throws {
        let folder = try TemporaryFolder()
        try Data(Self.whole[0].utf8).write(to: folder.url.appending(path: "out"))
        #expect(try await reopen(folder.path("out")).isEmpty)
        #expect(try folder.lines("out") == Self.whole)
    }

    @Test(
        "A file that is not an export is refused and not changed",
        arguments: [
            "hello", "[draft] notes", "\"quoted", "hello\n[{\"type\"", "\0\0\0", "[{\"type\":1\n",
            "{",
            "[{\"type\":\"A\"},1,\"X\"]\nhello", "[{\"type\":\"A\"},1,\"X\"]\n\0x",
        ])
    func foreign(text: String) async throws {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: folder.url.appending(path: "out"))
        let error = await #expect(throws: StorageError.self) {
            try await reopen(folder.path("out"))
        }
        #expect(error?.code == .foreignOrCorrupt)
        #expect(try Data(contentsOf: folder.url.appending(path: "out")) == Data(text.utf8))
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime
import TestSupport
import Testing

@Suite("A file of wire lines", .timeLimit(.minutes(20)))
struct WireLineFileTests {
    private final class File: Sendable {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "scuttlebutt-\(UUID().uuidString).jsonl")
        var path: String { url.path }
        init(_ text: String? = nil) throws {
            if let text { try Data(text.utf8).write(to: url) }
        }
        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private func lines(_ path: String) throws -> [(Int, [UInt8])] {
        let reader = try WireLineReader(path: path)
        var result: [(Int, [UInt8])] = []
        while let batch = try reader.next() {
            for (index, range) in batch.lines.ranges.enumerated() {
                result.append((batch.firstNumber + index, Array(batch.lines.bytes[range])))
            }
        }
        return result
    }

    @Test(
        "Its lines are what stands between the newlines, numbered from 1",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n", [""]),
            ("a\n\n\u{E9}\r\n", ["a", "", "\u{E9}\r"]),
            // A byte order mark is skipped where it is one.
            ("\u{FEFF}a\n\u{FEFF}b", ["a", "\u{FEFF}b"]), ("\u{FEFF}", [""]),
        ])
    func reading(text: String, expected: [String]) throws {
        let file = try File(text)
        let found = try lines(file.path)
        #expect(
            found.map { String(decoding: $0.1, as: UTF8.self).utf8.map { $0 } }
                == expected.map { Array($0.utf8) })
        #expect(found.map(\.0) == Array(0..<expected.count).map { $0 + 1 })
    }

    @Test("Lines longer and shorter than a chunk come out whole", arguments: UInt64(0)..<8)
    func chunks(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var expected: [[UInt8]] = []
        for _ in 0..<20 {
            let count = random.below(2 * WireLineReader.chunkByteCount)
            expected.append([UInt8](repeating: UInt8(97 + count % 26), count: count))
        }
        let file = try File()
        let writer = try WireLineWriter(appendingTo: file.path)
        for line in expected { try writer.append(line) }
        try writer.close()
        #expect(try lines(file.path).map(\.1) == expected)
    }

    @Test("A line of the largest length is read, and a longer one is refused by its number")
    func lengths() throws {
        let longest = [UInt8](repeating: 0x61, count: WireLineReader.maximumLineByteCount)
        let file = try File()
        let writer = try WireLineWriter(appendingTo: file.path)
        try writer.append([0x31])
        try writer.append(longest)
        try writer.flush()
        #expect(try lines(file.path).map(\.1.count) == [1, longest.count])
        try writer.append(longest + [0x61])
        try writer.close()
        let error = #expect(throws: StorageError.self) { try lines(file.path) }
        #expect(error?.code == .foreignOrCorrupt)
        #expect(error?.message.contains("line 3") == true)
    }

    @Test("Appending to a file without a final newline begins a new line")
    func missingNewline() throws {
        let file = try File("old")
        for line in ["new", "newer"] {
            let writer = try WireLineWriter(appendingTo: file.path)
            try writer.append(Array(line.utf8))
            try writer.append(OutboundLines(lines: [[0x32]]))
            try writer.close()
            try writer.close()
        }
        #expect(try String(contentsOf: file.url, encoding: .utf8) == "old\nnew\n2\nnewer\n2\n")
    }

    @Test("A file that is only opened for appending stays as it is")
    func untouched() throws {
        let file = try File("old")
        try WireLineWriter(appendingTo: file.path).close()
        #expect(try String(contentsOf: file.url, encoding: .utf8) == "old")
    }

    @Test("A missing file, a missing folder and a folder are unreadable, in one line")
    func unreadable() throws {
        let folder = FileManager.default.temporaryDirectory.path
        for body: () throws -> Void in [
            { _ = try WireLineReader(path: "/nowhere/lines.jsonl").next() },
            { _ = try WireLineReader(path: folder).next() },
            { _ = try WireLineWriter(appendingTo: "/nowhere/lines.jsonl") },
            { _ = try WireLineWriter(appendingTo: folder) },
        ] {
            let error = #expect(throws: StorageError.self, performing: body)
            #expect(error?.code == .unreadable)
            #expect(error?.message.contains("\n") == false)
        }
    }

    @Test("A full disk fails the writing and leaves the caller alive")
    func fullDisk() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let writer = try WireLineWriter(appendingTo: "/dev/full")
        try writer.append([0x31])
        let error = #expect(throws: StorageError.self) { try writer.flush() }
        #expect(error?.code == .writeFailed)
        #expect(throws: StorageError.self) { try writer.close() }
        #expect(throws: StorageError.self) { try writer.append([0x31]) }
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import ScuttlebuttCommand

@Suite("The folder of --pages", .timeLimit(.minutes(20)))
struct PageFolderTests {
    @Test("A file, a device and a missing folder are refused")
    func noFolder() {
        for path in ["/dev/null", "/etc/passwd", "/no/such/folder"] {
            let error = #expect(throws: CommandError.self) { try PageFolder.read(path) }
            #expect(error.map { "\($0)".contains("is not a folder") } == true)
        }
    }

    @Test("Files are found by their paths; hidden ones and links that lead elsewhere are not")
    func contents() throws {
        try withFolder { folder in
            let files = FileManager.default
            try files.createDirectory(
                at: folder.appendingPathComponent("sub"), withIntermediateDirectories: true)
            for name in ["index.html", "sub/a b.txt", ".secret"] {
                try Data(name.utf8).write(to: folder.appendingPathComponent(name))
            }
            try files.createSymbolicLink(
                at: folder.appendingPathComponent("link"),
                withDestinationURL: URL(fileURLWithPath: "/etc/passwd"))
            let found = try PageFolder.read(folder.path)
            #expect(found.keys.sorted() == ["/index.html", "/sub/a%20b.txt"])
            #expect(found["/index.html"] == Array("index.html".utf8))
        }
    }

    @Test("A folder beyond the limits is refused as a whole")
    func limits() throws {
        try withFolder { folder in
            for number in 0...PageFolder.fileLimit {
                try Data().write(to: folder.appendingPathComponent("\(number)"))
            }
            let error = #expect(throws: CommandError.self) { try PageFolder.read(folder.path) }
            #expect(error.map { "\($0)".contains("holds more than") } == true)
        }
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("pages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }
}

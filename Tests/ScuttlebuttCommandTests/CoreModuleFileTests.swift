// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import ScuttlebuttCommand

@Suite("The file of --core-module", .timeLimit(.minutes(20)))
struct CoreModuleFileTests {
    @Test("A device, a folder and a missing file are refused before anything is read")
    func noFile() throws {
        for path in ["/dev/null", "/", "/no/such/file"] {
            let error = #expect(throws: CommandError.self) { try CoreModuleFile.read(path) }
            #expect(error.map { "\($0)".contains("is not a file") } == true)
        }
    }

    @Test("Without an option it is found beside the program, or in the checkout of its build")
    func places() throws {
        let files = FileManager.default
        let root = files.temporaryDirectory.appendingPathComponent("modules-\(UUID().uuidString)")
        defer { try? files.removeItem(at: root) }
        let folder = root.appendingPathComponent(".build/x86_64/debug")
        let built = root.appendingPathComponent("Wasm/.build/wasm32-unknown-none-wasm/release")
        for place in [folder, built] {
            try files.createDirectory(at: place, withIntermediateDirectories: true)
        }
        let program = folder.appendingPathComponent("scuttlebutt")
        #expect(CoreModuleFile.path(of: "A", for: program) == nil)
        #expect(CoreModuleFile.path(of: "A", for: nil) == nil)
        for place in [built, folder] {
            let module = place.appendingPathComponent("A.wasm")
            try Data().write(to: module)
            let found = try #require(CoreModuleFile.path(of: "A", for: program))
            #expect(URL(fileURLWithPath: found).standardized.path == module.standardized.path)
        }
        #expect(CoreModuleFile.path(of: "B", for: program) == nil)
    }

    @Test("A module is read whole, and another file is refused")
    func contents() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("core-module-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("core.wasm").path
        let module: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]
        try Data(module).write(to: URL(fileURLWithPath: path))
        #expect(try CoreModuleFile.read(path) == module)
        try Data("text".utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: CommandError.self) { try CoreModuleFile.read(path) }
        #expect(error.map { "\($0)".contains("is not a WebAssembly module") } == true)
    }
}

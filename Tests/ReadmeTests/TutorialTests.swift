// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@Suite("From an empty package to two programs in sync", .timeLimit(.minutes(20)))
struct TutorialTests {
    private static let package = "Examples/ShoppingList"
    private static let page = "Sources/Scuttlebutt/Scuttlebutt.docc/GettingStarted.md"

    /// A program of the tutorial, driven as on the page.
    private struct Program {
        let child: ChildProcess

        init(_ name: String, _ arguments: String..., in folder: String) throws {
            child = ChildProcess(try BuiltProgram.path(name), arguments, in: folder)
        }

        func type(_ line: String) { child.send("\(line)\n") }

        /// Waits until the program shows this line; `false` when it ends before.
        func shows(_ wanted: String) async -> Bool { await line { $0 == wanted } != nil }

        /// The next line for which something holds.
        func line(where holds: (String) -> Bool) async -> String? {
            while let line = await child.line() {
                if holds(line) { return line }
            }
            return nil
        }
    }

    @Test("The page shows the package that is built here, file by file")
    func equal() {
        let files = [
            "Package.swift", "Sources/Shopping/Shopping.swift",
            "Sources/ShoppingServer/ShoppingServer.swift", "Sources/Shopper/Shopper.swift",
        ]
        let compiled = files.map { file in
            Fixtures.lines("\(Self.package)/\(file)").filter { !$0.hasPrefix("// SPDX") }
                .joined(separator: "\n").trimmingCharacters(in: .newlines)
        }
        let printed = Snippets.printed(in: Self.page).map { $0.lines.joined(separator: "\n") }
        #expect(printed == compiled)
    }

    /// Where the package manager is; `nil` where tests run without a toolchain.
    private static let swift = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":").map { "\($0)/swift" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test("The package manager reads its manifest", .enabled(if: swift != nil, "no swift in PATH"))
    func manifest() async throws {
        try await inFolder { folder in
            let file = "\(folder)/Package.swift"
            try Fixtures.data("\(Self.package)/Package.swift").write(to: URL(filePath: file))
            let swift = try #require(Self.swift)
            let dump = ChildProcess(
                swift,
                ["package", "--package-path", folder, "--scratch-path", "\(folder)/.build"]
                    + ["dump-package"])
            let result = await dump.finish()
            #expect(result.code == 0, "\(result.errors)")
            let json = try JSONSerialization.jsonObject(
                with: Data(result.output.joined(separator: "\n").utf8))
            let targets = (json as? [String: Any])?["targets"] as? [[String: Any]]
            #expect(
                targets?.compactMap { $0["name"] as? String }
                    == ["Shopping", "ShoppingServer", "Shopper"])
        }
    }

    @Test("Two shoppers agree, also after one was killed and while nobody listens")
    func agree() async throws {
        try await inFolder { folder in
            let server = try Program("ShoppingServer", "0", in: folder)
            let hello = try #require(await server.line { $0.hasPrefix("listening on port ") })
            let port = try #require(hello.split(separator: " ").last.map(String.init))
            let address = "ws://127.0.0.1:\(port)/ws"

            let ada = try Program("Shopper", "ada", address, in: folder)
            #expect(await ada.child.line() == "[]")
            ada.type("milk")
            #expect(await ada.shows(#"["milk"]"#))
            let bob = try Program("Shopper", "bob", address, in: folder)
            #expect(await bob.child.line() == "[]")
            #expect(await bob.shows(#"["milk"]"#))
            bob.type("bread")
            #expect(await ada.shows(#"["milk", "bread"]"#))
            bob.type("-milk")
            #expect(await ada.shows(#"["bread"]"#))

            // A second program with her name cannot write her log.
            let twin = try Program("Shopper", "ada", address, in: folder)
            let refusal = await twin.child.finish()
            #expect(refusal.code != 0 && refusal.errors.contains("ada.db"), "\(refusal.errors)")

            ada.child.kill()
            #expect(await ada.child.finish().code == 128 + 9)
            bob.type("butter")
            let again = try Program("Shopper", "ada", address, in: folder)
            #expect(await again.child.line() == #"["bread"]"#)
            #expect(await again.shows(#"["bread", "butter"]"#))

            server.child.terminate()
            _ = await server.child.finish()
            again.type("jam")
            bob.type("tea")
            #expect(await again.shows(#"["bread", "butter", "jam"]"#))
            #expect(await bob.shows(#"["bread", "butter", "tea"]"#))
            let second = try Program("ShoppingServer", port, in: folder)
            #expect(await second.shows("listening on port \(port)"))
            let both = { (line: String) in line.contains("jam") && line.contains("tea") }
            let lists = (await again.line(where: both), await bob.line(where: both))
            #expect(lists.0 != nil && lists.0 == lists.1)

            for shopper in [again, bob] {
                shopper.child.endInput()
                #expect(await shopper.child.finish().code == 0)
            }
            second.child.terminate()
            _ = await second.child.finish()
        }
    }

    private func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tutorial-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttSimulation
import TestSupport
import Testing

@Suite("The programs on the pages", .timeLimit(.minutes(20)))
struct PageTests {
    /// The pages that have programs in Swift.
    static let pages: [String] = {
        let folders = ["docs", "docs/decisions", "Examples", "Web"].flatMap(files)
        let catalogues = files(in: "Sources").map { target in
            "\(target)/\(target.split(separator: "/").last ?? "").docc"
        }
        return (["README.md"] + folders + catalogues.flatMap(files))
            .filter { $0.hasSuffix(".md") && !Snippets.printed(in: $0).isEmpty }
    }()

    /// Everything that the tests and the examples are compiled from.
    static let sources: [String] = ["Tests", "Examples"].flatMap { folder in
        let walk = FileManager.default.enumerator(
            atPath: Fixtures.root.appending(path: folder).path)
        let names = (walk?.allObjects ?? []).compactMap { $0 as? String }
        return names.filter { $0.hasSuffix(".swift") && !$0.contains(".build/") }
            .map { Fixtures.text("\(folder)/\($0)") }
    }.flatMap { text in
        // Pages show no licence, and an address where a test has a variable.
        let text = text.replacing("// SPDX-License-Identifier: MIT\n", with: "")
        return [text, text.replacing("(address)", with: #"("ws://127.0.0.1:3000/ws")"#)]
    }.map { "\n\($0)\n" }

    private static func files(in folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: Fixtures.root.appending(path: folder).path)
        return (names ?? []).sorted().map { "\(folder)/\($0)" }
    }

    /// Whether a source has a paragraph of a page, at any depth.
    private static func has(_ paragraph: [String], _ source: String) -> Bool {
        (0..<6).contains { depth in
            let indent = String(repeating: "    ", count: depth)
            let lines = paragraph.map { indent + $0 }
            return source.contains("\n\(lines.joined(separator: "\n"))\n")
        }
    }

    @Test("Every paragraph of a program stands in one file that is compiled here", arguments: pages)
    func compiled(page: String) {
        for block in Snippets.printed(in: page) {
            let paragraphs = block.lines.split(separator: "").map(Array.init)
            let isCompiled = Self.sources.contains { source in
                paragraphs.allSatisfy { Self.has($0, source) }
            }
            #expect(isCompiled, "\(page): \(block.lines.first ?? "")")
        }
    }

    @Test("Every catalogue and the pages about ways in are among them")
    func finds() {
        for page in [
            "README.md", "docs/presence.md", "docs/swift-reducers.md",
            "Sources/Scuttlebutt/Scuttlebutt.docc/GettingStarted.md",
            "Sources/ScuttlebuttModels/ScuttlebuttModels.docc/Text.md",
            "Sources/Rewind/Rewind.docc/Rewind.md",
        ] {
            #expect(Self.pages.contains(page), "\(page)")
        }
        #expect(Self.pages.count { $0.contains(".docc/") } > 15)
        #expect(!Self.has(["print(nothing)"], "\n// print(nothing)\n"))
    }

    /// What the calls of `print` on a page promise.
    private func promised(_ page: String) throws -> [String] {
        Snippets.expectedOutput(of: try #require(Snippets.printed(in: page).first).lines)
    }

    @Test("The programs of the catalogues print what they say")
    func prints() async throws {
        var printed: [String] = []
        reduxPage { printed.append("\($0)") }
        #expect(printed == (try promised("Sources/Redux/Redux.docc/Redux.md")))

        printed = []
        let source = try #require(Source("ada"))
        let (one, two) = (try #require(Timestamp(1)), try #require(Timestamp(2)))
        rewindPage(
            earlier: Stamp(timestamp: one, source: source),
            later: Stamp(timestamp: two, source: source)
        ) { printed.append("\($0)") }
        #expect(printed == (try promised("Sources/Rewind/Rewind.docc/Rewind.md")))

        printed = []
        try codingPage { printed.append($0) }
        let coding = "Sources/ScuttlebuttCoding/ScuttlebuttCoding.docc/ScuttlebuttCoding.md"
        #expect(printed == (try promised(coding)))

        printed = []
        try await runtimePage { printed.append($0) }
        let runtime = "Sources/ScuttlebuttRuntime/ScuttlebuttRuntime.docc/ScuttlebuttRuntime.md"
        #expect(printed == (try promised(runtime)))

        simulationPage { Issue.record("\($0)") }
    }
}

// SPDX-License-Identifier: MIT
import Testing

@Suite("The tidy rules see what they are for", .timeLimit(.minutes(20)))
struct RuleTests {
    /// A file that breaks, or does not break, the rule whose name begins so.
    struct Plant: Sendable, CustomTestStringConvertible {
        let rule: String
        let path: String
        let text: String
        let line: Int?

        init(_ rule: String, _ path: String, _ text: String, breaksLine line: Int?) {
            self.rule = rule
            self.path = path
            self.text = text
            self.line = line
        }

        var testDescription: String { "\(path): \(text.prefix(60))" }
    }

    private static let core = "Sources/Scuttlebutt/Log/A.swift"
    private static let store = "Sources/Redux/A.swift"
    private static let article = "Sources/Scuttlebutt/Scuttlebutt.docc/A.md"
    private static let driver = "Sources/ScuttlebuttRuntime/A.swift"
    private static let suite = "Tests/ReduxTests/StoreTests.swift"
    private static let limited =
        "@Suite(.timeLimit(.minutes(1)))\nstruct A {\n    @Test func a() {}\n}"

    @Test("A planted violation is found in its line", arguments: violations + languageViolations)
    func finds(plant: Plant) throws {
        #expect(try found(plant) == [plant.line])
    }

    @Test("What is allowed is let through", arguments: allowed + languageAllowed)
    func letsThrough(plant: Plant) throws {
        #expect(try found(plant) == [])
    }

    @Test("Every rule has a planted violation")
    func everyRuleIsTested() {
        for rule in Rule.all {
            let plants = Self.violations + Self.languageViolations
            #expect(plants.contains { rule.name.hasPrefix($0.rule) }, "\(rule.name)")
        }
    }

    private func found(_ plant: Plant) throws -> [Int?] {
        let rule = try #require(Rule.all.first { $0.name.hasPrefix(plant.rule) })
        return rule.check(SourceFile(path: plant.path, text: plant.text)).map(\.line)
    }

    private static let violations: [Plant] = [
        Plant("A pure target imports", core, "\nimport Foundation", breaksLine: 2),
        Plant("A pure target imports", core, "internal import NIOCore", breaksLine: 1),
        Plant("A pure target imports", core, "public import Synchronization", breaksLine: 1),
        Plant("A pure target starts", core, "\n\nTask { go() }", breaksLine: 3),
        Plant("A pure target starts", core, "Task.detached { go() }", breaksLine: 1),
        Plant("A pure target reads", core, "let now = Date()", breaksLine: 1),
        Plant("A pure target reads", core, "clock.now", breaksLine: 1),
        Plant("A pure target reads", core, "f(\"\\(Date())\")", breaksLine: 1),
        Plant("A pure target draws", core, "Int.random(in: 0..<f(3))", breaksLine: 1),
        Plant("A pure target draws", core, "a.shuffled()", breaksLine: 1),
        Plant("A target imports only", core, "import Rewind", breaksLine: 1),
        Plant("A target imports only", store, "import ScuttlebuttRuntime", breaksLine: 1),
        Plant("A target imports only", driver, "@preconcurrency import NIOCore", breaksLine: 1),
        Plant("A target imports only", driver, "import struct Redux.Store", breaksLine: 1),
        Plant("A target imports only", "Sources/Unheard/A.swift", "", breaksLine: 1),
        Plant("Redux knows", store, "let log: UpdateLog", breaksLine: 1),
        Plant("Only the command", driver, "    print(x)", breaksLine: 1),
        Plant("Only the command", driver, "debugPrint(x)", breaksLine: 1),
        Plant("No forced try", driver, "let a = try! f()", breaksLine: 1),
        Plant("A broken promise", driver, "fatalError(\"no\")", breaksLine: 1),
        Plant("Unchecked sharing", driver, "struct A: @unchecked Sendable {}", breaksLine: 1),
        Plant(
            "Unchecked sharing", driver,
            "// proof: elsewhere\nlet b = 1\nnonisolated(unsafe) var a = 1", breaksLine: 3),
        Plant("Unchecked sharing", driver, "f(\"proof\", a as @unchecked Sendable)", breaksLine: 1),
        Plant("No type is named", driver, "public struct Clock {}", breaksLine: 1),
        Plant("No type is named", driver, "final class PeerManager {", breaksLine: 1),
        Plant("What is broken", core, "// FIX" + "ME", breaksLine: 1),
        Plant("A thing to do", core, "// TO" + "DO: later", breaksLine: 1),
        Plant("No path", "docs/a.md", "see /wo" + "rk/main", breaksLine: 1),
        Plant("No path", driver, "\n\"/home/" + "me/x\"", breaksLine: 2),
        Plant("Each file says", core, "import Rewind", breaksLine: 1),
        Plant("Each file says", "Web/a.js", "", breaksLine: 1),
        Plant("A file has", core, String(repeating: "\n", count: 601), breaksLine: 601),
        Plant("A line of Swift", core, String(repeating: "a", count: 101), breaksLine: 1),
        Plant("A folder is", "Sources/Redux/Helpers/A.swift", "", breaksLine: 1),
        Plant("A wait that blocks", driver, "let a = DispatchSemaphore(value: 0)", breaksLine: 1),
        Plant("A wait that blocks", driver, "\nprocess.waitUntilExit()", breaksLine: 2),
        Plant("A wait that blocks", driver, "while let line = readLine() {", breaksLine: 1),
        Plant("A wait that blocks", driver, "Thread.sleep(forTimeInterval: 1)", breaksLine: 1),
        Plant("A wait that blocks", driver, "queue.sync { a = 1 }", breaksLine: 1),
        Plant("A wait that blocks", suite, "try a.connect().wait()", breaksLine: 1),
        Plant("A wait that blocks", suite, "try file.readToEnd()", breaksLine: 1),
        Plant("A wait that blocks", suite, "usleep(9) // on a thread of its own", breaksLine: 1),
        Plant("A suite has", suite, "\nstruct A {\n    @Test func a() {}\n}", breaksLine: 3),
        Plant(
            "A suite has", suite,
            limited + "\n@Suite struct B {\n    @Test func b() {}\n}", breaksLine: 6),
        Plant("A suite has", suite, "@Test func a() {}", breaksLine: 1),
        Plant("XTests.swift", "Tests/ReduxTests/Store.swift", "@Test func a() {}", breaksLine: 1),
        Plant("XTests.swift", "Tests/ReduxTests/StoreTests.swift", "let a = 1", breaksLine: 1),
        Plant("Every relative link", "docs/a.md", "\n[a](nowhere.md)", breaksLine: 2),
        Plant("Every relative link", "docs/a.md", "[a](../../README.md)", breaksLine: 1),
        Plant("Every relative link", "docs/a.md", "[a\nb](wire.md#nothing)", breaksLine: 2),
        Plant("Every relative link", "docs/a.md", "# A\n[a](#b)", breaksLine: 2),
        Plant("Every relative link", article, "see <doc:Nothing>", breaksLine: 1),
        Plant("Every relative link", article, "see <doc:/Rewind/Vocabulary>", breaksLine: 1),
        Plant("Every relative link", article, "see <doc:/Unheard/Vocabulary>", breaksLine: 1),
        Plant(
            "Every library", "Package.swift", "\n.library(name: \"Unheard\", targets: [])",
            breaksLine: 2),
        Plant("The catalogue of", core, "\npublic struct Unheard: Sendable {", breaksLine: 2),
        Plant("The catalogue of", driver, "public actor Stamp {", breaksLine: 1),
        Plant("Every code", core, "// as Q" + "99 says", breaksLine: 1),
        Plant("Every code", "Tests/ReduxTests/A.swift", "@Test(\"S" + "98: a\")", breaksLine: 1),
        Plant("Nothing refers", core, "\n// see ../sha" + "red/a.md", breaksLine: 2),
        Plant("Every public type", core, "\npublic struct Unheard: Sendable {", breaksLine: 2),
        Plant(
            "Every public type", driver, "@usableFromInline public final class A {", breaksLine: 1),
        Plant("Every public type", store, "public typealias A = Int", breaksLine: 1),
    ]

    private static let allowed: [Plant] = [
        Plant("A pure target imports", driver, "import Foundation", breaksLine: nil),
        Plant("A pure target imports", core, "// import Foundation", breaksLine: nil),
        Plant("A pure target starts", core, "struct SubTask {}", breaksLine: nil),
        Plant("A pure target reads", core, "handle(event, now: now) // Date()", breaksLine: nil),
        Plant("A pure target reads", core, "\"see Date() and clock.now\"", breaksLine: nil),
        Plant(
            "A pure target draws", core, "Int.random(\n    in: f(0)..<3,\n    using: &r)",
            breaksLine: nil),
        Plant("A pure target draws", core, "static func random(using: R)", breaksLine: nil),
        Plant("A target imports only", driver, "public import Scuttlebutt", breaksLine: nil),
        Plant(
            "A target imports only", "Sources/ScuttlebuttNIO/A.swift", "import NIOWebSocket",
            breaksLine: nil),
        Plant("Redux knows", store, "let source: Source // not Session", breaksLine: nil),
        Plant(
            "Only the command", "Sources/ScuttlebuttCommand/A.swift", "print(x)", breaksLine: nil),
        Plant("Only the command", driver, "func print(_ x: Int)", breaksLine: nil),
        Plant(
            "Unchecked sharing", driver,
            "// Proof: every access is under `lock`.\n// More.\n@frozen\n"
                + "final class A: @unchecked Sendable {", breaksLine: nil),
        Plant(
            "Unchecked sharing", driver,
            "nonisolated(unsafe) var a = 1  // proof: written once, before any thread",
            breaksLine: nil),
        Plant("A thing to do", core, "// TO" + "DO: #12 later", breaksLine: nil),
        Plant("Each file says", core, "// SPDX-License-Identifier: MIT\n", breaksLine: nil),
        Plant(
            "Each file says", "Package.swift",
            "// swift-tools-version: 6.1\n// SPDX-License-Identifier: MIT\n", breaksLine: nil),
        Plant(
            "A file has", core,
            "// Over 600 lines because it is one table.\n" + String(repeating: "\n", count: 700),
            breaksLine: nil),
        Plant("A line of Swift", core, String(repeating: "é", count: 100), breaksLine: nil),
        Plant("A wait that blocks", driver, "await latch.wait()", breaksLine: nil),
        Plant("A wait that blocks", driver, "try await Task.sleep(for: a)", breaksLine: nil),
        Plant("A wait that blocks", driver, "// no semaphore: sem_wait", breaksLine: nil),
        Plant(
            "A wait that blocks", suite, "// On its own thread.\nopened.wait()", breaksLine: nil),
        Plant("A suite has", suite, limited, breaksLine: nil),
        Plant("A suite has", suite, "extension A {\n    @Test func c() {}\n}", breaksLine: nil),
        Plant("XTests.swift", "Tests/ReduxTests/SplitMix64.swift", "struct A {}", breaksLine: nil),
        Plant(
            "Every relative link", "docs/a.md",
            "# A b: `c`\n[a](wire.md#q5), [b](#a-b-c), [c](../Web), [d](https://example.org/a)",
            breaksLine: nil),
        Plant("Every relative link", article, "see <doc:Vocabulary>", breaksLine: nil),
        Plant(
            "Every relative link", "Sources/Rewind/Rewind.docc/A.md",
            "see <doc:/Scuttlebutt/Vocabulary>", breaksLine: nil),
        Plant(
            "Every library", "Package.swift", ".library(name: \"Rewind\", targets: [])",
            breaksLine: nil),
        Plant("The catalogue of", core, "public struct Stamp {}", breaksLine: nil),
        Plant(
            "The catalogue of", "Sources/ScuttlebuttSecurity/A.swift", "public struct A {}",
            breaksLine: nil),
        Plant("Every code", core, "// S14, G8, D3 and Q5; not SHA1 or S0", breaksLine: nil),
        Plant("Nothing refers", core, "// see ../Shared/A.swift", breaksLine: nil),
        Plant("Every public type", core, "public struct Stamp {}\nstruct A {}", breaksLine: nil),
        Plant("Every public type", core, "enum A {\n    public struct B {}\n}", breaksLine: nil),
    ]
}

// SPDX-License-Identifier: MIT
import Testing

@Suite("The sources keep to the house style", .timeLimit(.minutes(20)))
struct TidyTests {
    private static let files = Result { try Repository.files() }

    @Test("Every file of the repository obeys", arguments: Rule.all)
    func everyFileObeys(rule: Rule) throws {
        let violations = try Self.files.get().flatMap(rule.check)
        for violation in violations { Issue.record("\(violation)") }
    }

    @Test("Every code is explained once")
    func everyCodeIsExplainedOnce() {
        #expect(Page.codes.values.allSatisfy { $0 == 1 })
        // The last of each letter, so that a page without anchors is noticed.
        #expect(["S35", "G22", "D18", "Q24"].allSatisfy { Page.codes[$0] == 1 })
    }

    @Test("The vocabulary page lists no type that is gone")
    func vocabularyIsCurrent() throws {
        let types = try Self.files.get().flatMap(Rule.publicTypes).compactMap(\.group)
        #expect(Page.vocabulary.subtracting(types).isEmpty)
        // A page that cannot be read would list nothing.
        #expect(Page.vocabulary.contains("Stamp"))
    }

    @Test("The walk over the repository finds the sources, the tests and the scripts")
    func walkFindsFiles() throws {
        let paths = Set(try Self.files.get().map(\.path))
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Sources/Scuttlebutt/Order/Source.swift"))
        #expect(paths.contains("Tests/Tidy/TidyTests.swift"))
        #expect(paths.contains("dev/check"))
        #expect(!paths.contains { $0.hasPrefix(".build/") || $0.hasPrefix("Wasm/Core/") })
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttSimulation
import TestSupport
import Testing

@Suite("The page about testing reducers", .timeLimit(.minutes(20))) struct TestingPageTests {
    private static let page = "docs/testing-your-reducer.md"

    /// What stands between the marks of a language on the page.
    private static func blocks(_ language: String) -> [String] {
        Snippets.printed(in: page, language: language).map { $0.lines.joined(separator: "\n") }
    }

    @Test("Every program of the page is compiled as it stands there")
    func compiled() {
        let source = Fixtures.text("Tests/ScuttlebuttSimulationTests/TestingPage.swift")
        let blocks = Self.blocks("swift")
        #expect(blocks.count == 3)
        for block in blocks {
            for part in block.components(separatedBy: "\n\n") {
                #expect(source.contains("\n\(part)\n"), "\(part)")
            }
        }
    }

    @Test("The ten lines are ten at the most, and run")
    func tenLines() throws {
        let program = try #require(Self.blocks("swift").first)
        #expect(
            program.components(separatedBy: "func program() throws {")[1].split(separator: "\n")
                .count <= 10)
        try ScuttlebuttSimulationTests.program()
    }

    @Test("The program with many seeds runs")
    func seeds() throws { try ScuttlebuttSimulationTests.seeds() }

    @Test("The failure on the page is what that program says, and is replayed from its text")
    func failure() throws {
        let block = try #require(Self.blocks("text").first)
        let start = try #require(block.range(of: "scuttlebutt script 1"))
        let script = try Script(String(block[start.lowerBound...]))
        let violation = try #require(Simulation().run(script, Programs.forgetful).violation)
        #expect(block.hasPrefix(violation.description + "\n"))
    }

    @Test("Every setting and step of the page is one")
    func words() {
        let page = Fixtures.text(Self.page)
        for word in ["forgetful", "odd-names", "dispatch-newer", "half-open", "fail-disk", "slow"] {
            #expect(page.contains("`\(word)"))
        }
        for attack in Attack.allCases { #expect(page.contains("`\(attack.rawValue)`")) }
        for topology in Topology.allCases { #expect(page.contains("`\(topology.rawValue)`")) }
    }
}

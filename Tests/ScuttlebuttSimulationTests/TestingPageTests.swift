// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttSimulation
import Testing

@Suite("The page about testing reducers", .timeLimit(.minutes(10))) struct TestingPageTests {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }

    /// What stands between the marks of a language on the page.
    private static func blocks(_ language: String) throws -> [String] {
        try text("../../docs/testing-your-reducer.md").components(separatedBy: "```\(language)\n")
            .dropFirst().compactMap { $0.components(separatedBy: "\n```").first }
    }

    @Test("Every program of the page is compiled as it stands there")
    func compiled() throws {
        let source = try Self.text("TestingPage.swift")
        let blocks = try Self.blocks("swift")
        #expect(blocks.count == 3)
        for block in blocks {
            for part in block.components(separatedBy: "\n\n") {
                #expect(source.contains("\n\(part)\n"), "\(part)")
            }
        }
    }

    @Test("The ten lines are ten at the most, and run")
    func tenLines() throws {
        let program = try #require(try Self.blocks("swift").first)
        #expect(
            program.components(separatedBy: "func program() throws {")[1].split(separator: "\n")
                .count <= 10)
        try ScuttlebuttSimulationTests.program()
    }

    @Test("The program with many seeds runs")
    func seeds() throws { try ScuttlebuttSimulationTests.seeds() }

    @Test("The failure on the page is what that program says, and is replayed from its text")
    func failure() throws {
        let block = try #require(try Self.blocks("text").first)
        let start = try #require(block.range(of: "scuttlebutt script 1"))
        let script = try Script(String(block[start.lowerBound...]))
        let violation = try #require(Simulation().run(script, Programs.forgetful).violation)
        #expect(block.hasPrefix(violation.description + "\n"))
    }

    @Test("Every setting and step of the page is one")
    func words() throws {
        let page = try Self.text("../../docs/testing-your-reducer.md")
        for word in ["forgetful", "odd-names", "dispatch-newer", "half-open", "fail-disk", "slow"] {
            #expect(page.contains("`\(word)"))
        }
        for attack in Attack.allCases { #expect(page.contains("`\(attack.rawValue)`")) }
        for topology in Topology.allCases { #expect(page.contains("`\(topology.rawValue)`")) }
    }
}

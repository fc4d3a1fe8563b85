// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Simulate", .timeLimit(.minutes(20)))
struct SimulateTests {
    private static let small = ["--peers", "4", "--steps", "30"]

    @Test("A seed is replayed bit for bit by another process", arguments: ["", "--json"])
    func replay(format: String) async throws {
        let arguments =
            ["simulate", "--replay", "7"] + SimulateTests.small + (format.isEmpty ? [] : [format])
        let (one, two) = (
            try await CommandProcess.run(arguments), try await CommandProcess.run(arguments)
        )
        #expect(one.code == 0)
        #expect(one.output.count > 100)
        #expect(one.output == two.output)
        let other = ["simulate", "--replay", "8"] + arguments.dropFirst(3)
        #expect(try await CommandProcess.run(other).output != one.output)
    }

    @Test("Many seeds give one JSON object each, in order, and then a summary")
    func seeds() async throws {
        let arguments = ["simulate", "--first", "5", "--seeds", "12", "--json"]
        let result = try await CommandProcess.run(arguments + SimulateTests.small)
        #expect(result.code == 0)
        #expect(result.errors.isEmpty)
        let objects = try result.output.map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(objects.dropLast().map { $0["seed"] as? Int } == Array(5..<17))
        #expect(objects.dropLast().allSatisfy { $0["ok"] as? Bool == true })
        let summary = try #require(objects.last?["summary"] as? [String: Any])
        #expect(summary["seeds"] as? Int == 12)
        #expect(summary["failures"] as? Int == 0)
    }

    @Test("A seed does the same alone and among others")
    func alone() async throws {
        let many = try await CommandProcess.run(
            ["simulate", "--seeds", "3", "--json"] + SimulateTests.small)
        let alone = try await CommandProcess.run(
            ["simulate", "--replay", "2", "--json"] + SimulateTests.small)
        #expect(many.output.count == 4)
        #expect(alone.output.last == many.output[2])
    }

    @Test("The script of a seed is a scenario that does the same")
    func scenario() async throws {
        let scratch = try Scratch()
        let seed = ["simulate", "--replay", "3"] + SimulateTests.small
        let script = try await CommandProcess.run(seed + ["--script"])
        let file = try scratch.write(
            script.output.joined(separator: "\n") + "\n", to: "my.scenario")
        let scenario = try await CommandProcess.run(["simulate", "--scenario", file])
        #expect(scenario.code == 0)
        #expect(scenario.output == (try await CommandProcess.run(seed).output))
    }

    @Test("A plot is a picture with a title, both axes, and every curve in the legend")
    func plot() async throws {
        let scratch = try Scratch()
        let file = scratch.path("plot.svg")
        let result = try await CommandProcess.run(
            ["simulate", "--seeds", "2", "--faults", "none", "--plot", file] + SimulateTests.small)
        #expect(result.code == 0)
        #expect(result.output.isEmpty)
        let svg = try scratch.read("plot.svg")
        #expect(XMLParser(data: Data(svg.utf8)).parse())
        for text in ["Staleness", "Traffic (kB", "seconds", "stalest peer", "faults: none"] {
            #expect(svg.contains(text))
        }
        #expect(svg.components(separatedBy: "<polyline").count == 4)
    }

    @Test(
        "Wrong usage prints one line on stderr and nothing on stdout, and exits with 2",
        arguments: [
            ["--seeds", "0"], ["--peers", "0"], ["--topology", "cube"], ["--faults", "rain"],
            ["--replay", "1", "--seeds", "2"], ["--replay", "1", "--scenario", "x"],
            ["--scenario", "nowhere"], ["--script"], ["--scenario", "x", "--peers", "3"],
        ])
    func wrongUsage(arguments: [String]) async throws {
        let result = try await CommandProcess.run(["simulate"] + arguments)
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    @Test("The error for an invalid scenario names the line")
    func badScenario() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("scuttlebutt script 1\npeers 2\nat 3 fly 0\n", to: "bad")
        let result = try await CommandProcess.run(["simulate", "--scenario", file])
        #expect(result.code == 2)
        #expect(result.errors.contains("line 3"))
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttSimulation
import TestSupport
import Testing

@Suite("Script", .timeLimit(.minutes(20))) struct ScriptTests {
    @Test("A script is read back from its text", arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let script = Simulation().script(seed: seed)
        #expect(try Script(script.description) == script)
    }

    @Test("Every command and attack is read back from its line")
    func everyDeed() throws {
        var commands: [Step.Command] = [
            .dispatch(1, .max), .dispatchNewer(0, 7), .dispatchLocal(2, 0), .cut(0, 1),
            .halfOpen(1, 0), .duplicate(0, 2), .link(1, 2), .unlink(2, 1),
            .partition([[0], [1, 2]], isSilent: false), .partition([[0, 1]], isSilent: true),
            .heal, .crash(0, kept: 1_000), .restart(0), .failDisk(1, writes: 3), .fillDisk(2),
            .freeDisk(2), .backUp(1), .restore(1), .restoreAnew(2), .stepClock(0, milliseconds: -5),
            .freezeClock(0, true), .freezeClock(0, false), .join(2), .retire(2), .slow(1, true),
            .slow(1, false), .upgrade(0),
        ]
        commands += Attack.allCases.map { .attack(1, $0, 99) }
        var script = Script(seed: 1, peers: 3, topology: .star)
        script.steps = commands.enumerated().map { Step($0.offset, $0.element) }
        #expect(try Script(script.description) == script)
    }

    @Test(
        "What is not a script is refused with the number of its line",
        arguments: [
            ("", 1), ("seed 1", 1), ("scuttlebutt script 1\npeers 2\nat x heal", 3),
            ("scuttlebutt script 1\npeers 2\nat 1 dispatch 0", 3),
            ("scuttlebutt script 1\npeers 0", 2), ("scuttlebutt script 1\npeers 100000", 2),
            ("scuttlebutt script 1\n\ncolour red", 3), ("scuttlebutt script 2", 1),
            ("scuttlebutt script 1\npeers 2\nat 1 crash 0 2000", 3),
        ])
    func refusal(text: String, line: Int) {
        #expect { try Script(text) } throws: { ($0 as? ScriptError)?.line == line }
    }

    @Test("A script with peers that do not exist is harmless")
    func strangers() throws {
        let script = try Script(
            """
            scuttlebutt script 1
            peers 2
            forgetful 9
            at 1 dispatch 5 1   # nobody
            at 2 cut 0 7
            at 3 partition 8 | 0
            at 4 dispatch 0 2
            """)
        #expect(Simulation().run(script).violation == nil)
    }

    @Test("The smallest script that breaks a promise is found, and still breaks it")
    func shrinking() throws {
        var configuration = Simulation.Configuration()
        configuration.steps = 60
        let simulation = Simulation(configuration)
        // A program whose peers forget an action when it comes late.
        let program = Programs.forgetful
        let seed = try #require(
            (0..<50).first { simulation.run(seed: $0, program).violation != nil })
        let script = simulation.script(seed: seed)
        let failure = try #require(simulation.shrink(script, program))
        #expect(failure.script.steps.count <= 6)
        #expect(failure.log.last?.contains("VIOLATION") == true)
        let again = simulation.run(try Script(failure.script.description), program)
        #expect(again.violation == failure.violation)
    }

    @Test("Every scenario that is kept holds", arguments: Scenarios.all)
    func scenario(name: String) throws {
        let outcome = Simulation().run(try Script(Scenarios.text(name)))
        #expect(outcome.violation == nil, "\(name)")
    }

    @Test("There are scenarios")
    func hasScenarios() { #expect(!Scenarios.all.isEmpty) }
}

/// The scripts in the repository's folder `Scenarios`.
enum Scenarios {
    private static let folder = Fixtures.root.appending(path: "Scenarios")

    static let all: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".scenario") }.sorted()

    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
}

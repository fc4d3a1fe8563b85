// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttSimulation

/// `scuttlebutt simulate`: swarms in one process over virtual time, one after the other.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Try the protocol on simulated swarms, with faults, and check its promises.",
        discussion: """
            Each seed stands for one swarm: peers, their connections and disks, what they write, \
            and what goes wrong when. It runs in virtual time, without network or files, and all \
            promises are checked after every step: peers end with the same log, nothing durable is \
            lost, nothing comes twice. The same seed does the same in every process.

              scuttlebutt simulate                              100 swarms of 8 peers
              scuttlebutt simulate --seeds 1000 --peers 20 --faults partitions,crashes
              scuttlebutt simulate --replay 7 | less            what happens in seed 7
              scuttlebutt simulate --replay 7 --plot seed7.svg  and how stale the peers are
              scuttlebutt simulate --scenario my.scenario       a script of your own

            A broken promise is shown with its seed, the command that replays it, and the smallest \
            script that still breaks it; the exit code is then 1. Save that script to a file to \
            run it again with --scenario.

            Faults: \(Faults.names.map(\.name).joined(separator: ", ")).
            Topologies: \(Topology.allCases.map(\.rawValue).joined(separator: ", ")); each seed \
            chooses one unless --topology does.
            """)

    @Option(help: ArgumentHelp("How many seeds are run. (default: 100)", valueName: "n"))
    var seeds: Int?

    @Option(help: ArgumentHelp("The first of them. (default: 0)", valueName: "seed"))
    var first: UInt64?

    @OptionGroup var swarm: SwarmArguments

    @Option(
        help: ArgumentHelp("Run one seed and print what happens, step by step.", valueName: "seed"))
    var replay: UInt64?

    @Option(
        help: ArgumentHelp("Run the script in a file, and print what happens.", valueName: "file"),
        completion: .file())
    var scenario: String?

    @Flag(help: "With --replay: print the seed's script, to be changed and run with --scenario.")
    var script = false

    @Flag(help: "Go on to the last seed after a failure.")
    var keepGoing = false

    @Option(
        help: ArgumentHelp(
            "Draw staleness and traffic over time, as SVG, into this file.", valueName: "file"),
        completion: .file())
    var plot: String?

    @Flag(help: "One JSON object per line on stdout: one for each seed or event, and a summary.")
    var json = false

    func validate() throws {
        if let seeds, seeds < 1 { throw ValidationError("--seeds takes a number from 1.") }
        if replay != nil, scenario != nil {
            throw ValidationError("--replay runs a seed and --scenario a file; give one of them.")
        }
        if replay != nil || scenario != nil, seeds != nil || first != nil || keepGoing {
            throw ValidationError(
                "--seeds, --first and --keep-going are for runs of many seeds, without --replay "
                    + "and --scenario.")
        }
        if scenario != nil, !swarm.options.isEmpty {
            throw ValidationError("A scenario says itself how many peers there are, and all else.")
        }
        if script, replay == nil { throw ValidationError("--script needs --replay.") }
    }

    func run() async throws {
        let command = self
        try await Interruption.watch(secondLimit: 1, on: OwnThread()) {
            if let path = command.scenario {
                try command.runScenario(path)
            } else if let seed = command.replay {
                try command.replay(seed)
            } else {
                try await command.runSeeds()
            }
        }
    }

    // MARK: One run

    private func runScenario(_ path: String) throws {
        let text = try TextFile.read(path)
        do {
            try show(try Script(text), SimulationReport(replay: "--scenario \(path)", json: json))
        } catch let error as ScriptError {
            throw CommandFailure("\(path), \(error).")
        }
    }

    private func replay(_ seed: UInt64) throws {
        let made = Simulation(swarm.configuration).script(seed: seed)
        if script { return try StandardOutput.shared.writeNow(Array(made.description.utf8)) }
        try show(made, SimulationReport(replay: swarm.replay(seed), json: json))
    }

    /// Runs a script and prints its events.
    private func show(_ script: Script, _ report: SimulationReport) throws {
        var simulation = Simulation(swarm.configuration)
        simulation.keepsLog = true
        if plot != nil { simulation.sampleMilliseconds = StalenessSeries.milliseconds }
        let outcome = simulation.run(script)
        try report.print(log: outcome)
        if let plot {
            var series = StalenessSeries()
            series.add(outcome)
            try TextFile.write(
                StalenessPlot(
                    title:
                        "Seed \(script.seed): \(script.peers) peers, \(script.topology.rawValue)",
                    series: series, script: script
                ).svg, to: plot)
        }
        if let violation = outcome.violation {
            throw CommandFailure("\(violation)", code: CommandFailure.checkFailed)
        }
        if !json { StandardError.shared.note(report.text(outcome)) }
    }

    // MARK: Many runs

    private func runSeeds() async throws {
        let (first, count) = (first ?? 0, seeds ?? 100)
        var simulation = Simulation(swarm.configuration)
        if plot != nil { simulation.sampleMilliseconds = StalenessSeries.milliseconds }
        var series = StalenessSeries()
        var tally = SimulationTally()
        let (settled, wantsPlot) = (simulation, plot != nil)
        try await SeedOutcomes(simulation: settled, first: first, count: count).forEach {
            seed, outcome in
            tally.add(outcome)
            if wantsPlot { series.add(outcome) }
            tally.showProgress(of: count)
            let report = SimulationReport(replay: swarm.replay(seed), json: json)
            if outcome.violation != nil {
                try report.print(failure: outcome, settled.shrink(outcome.script))
            } else if json {
                try report.print(seed: outcome)
            }
            return outcome.violation == nil || keepGoing
        }
        StandardError.shared.endProgress()
        if let plot {
            let title = "\(tally.seeds) seeds from \(first): \(swarm.description)"
            try TextFile.write(StalenessPlot(title: title, series: series).svg, to: plot)
        }
        try tally.finish(swarm.description, first: first, json: json)
    }
}

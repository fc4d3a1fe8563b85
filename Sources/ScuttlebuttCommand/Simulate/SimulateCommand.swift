// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttSimulation

/// `scuttlebutt simulate`: runs simulated swarms in virtual time, in this process.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Check the protocol's promises on simulated swarms with faults.",
        discussion: """
            Each seed determines one swarm: its peers, connections and disks, what the peers \
            write, and which faults occur when. It runs in virtual time without network or files, \
            and every promise is checked after every step: peers converge on the same log, \
            nothing durable is lost, nothing is delivered twice. The same seed gives the same run \
            in every process.

              scuttlebutt simulate                              run 100 swarms of 8 peers
              scuttlebutt simulate --seeds 1000 --peers 20 --faults partitions,crashes
              scuttlebutt simulate --replay 7 | less            show what happens in seed 7
              scuttlebutt simulate --replay 7 --plot seed7.svg  plot how stale the peers are
              scuttlebutt simulate --scenario my.scenario       run a script of your own

            If a promise is broken, the exit code is 1 and the output names the seed, the \
            command that replays it, and the smallest script found that still breaks the promise. \
            Save that script to a file to run it again with --scenario.

            Faults: \(Faults.names.map(\.name).joined(separator: ", ")).
            Topologies: \(Topology.allCases.map(\.rawValue).joined(separator: ", ")); chosen by \
            the seed unless --topology is given.
            """)

    @Option(help: ArgumentHelp("Number of seeds to run. (default: 100)", valueName: "n"))
    var seeds: Int?

    @Option(help: ArgumentHelp("First seed. (default: 0)", valueName: "seed"))
    var first: UInt64?

    @OptionGroup var swarm: SwarmArguments

    @Option(
        help: ArgumentHelp("Run one seed and print every event.", valueName: "seed"))
    var replay: UInt64?

    @Option(
        help: ArgumentHelp("Run the script in this file and print every event.", valueName: "file"),
        completion: .file())
    var scenario: String?

    @Flag(help: "With --replay: print the seed's script, to edit and run with --scenario.")
    var script = false

    @Flag(help: "Continue after a failure.")
    var keepGoing = false

    @Option(
        help: ArgumentHelp(
            "Plot staleness and traffic over time as SVG to this file.", valueName: "file"),
        completion: .file())
    var plot: String?

    @Flag(help: "Print one JSON object per seed or event to stdout, and a summary.")
    var json = false

    func validate() throws {
        if let seeds, seeds < 1 {
            throw ValidationError("invalid --seeds \(seeds): use 1 or more")
        }
        if replay != nil, scenario != nil {
            throw ValidationError("--replay and --scenario cannot be combined")
        }
        if replay != nil || scenario != nil, seeds != nil || first != nil || keepGoing {
            throw ValidationError(
                "--seeds, --first and --keep-going cannot be combined with --replay or --scenario")
        }
        if scenario != nil, !swarm.options.isEmpty {
            throw ValidationError(
                "\(swarm.options) cannot be combined with --scenario: the script defines the swarm")
        }
        if script, replay == nil { throw ValidationError("--script requires --replay") }
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
            throw CommandError("\(path), \(error)")
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
            throw CommandError("\(violation)", code: CommandError.checkFailed)
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

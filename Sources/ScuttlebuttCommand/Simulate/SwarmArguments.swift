// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttSimulation

/// What seeds are turned into.
struct SwarmArguments: ParsableArguments {
    @Option(help: ArgumentHelp("How many peers a swarm has. (default: 8)", valueName: "n"))
    var peers: Int?

    @Option(
        help: ArgumentHelp("Who dials whom. (default: chosen by the seed)", valueName: "name"),
        completion: .list(Topology.allCases.map(\.rawValue)), transform: SwarmArguments.topology)
    var topology: Topology?

    @Option(
        help: ArgumentHelp(
            "What may go wrong: all, none, or names with commas between them. (default: all)",
            valueName: "list"),
        completion: .list(["all", "none"] + Faults.names.map(\.name)),
        transform: SwarmArguments.faults)
    var faults: Faults?

    @Option(
        help: ArgumentHelp("How many things happen in a script. (default: 120)", valueName: "n"))
    var steps: Int?

    private static func topology(_ text: String) throws -> Topology {
        if let topology = Topology(rawValue: text) { return topology }
        throw ValidationError(
            "There is no topology '\(text)', but "
                + "\(Topology.allCases.map(\.rawValue).joined(separator: ", ")).")
    }

    private static func faults(_ text: String) throws -> Faults {
        if let faults = Faults(text) { return faults }
        throw ValidationError(
            "'\(text)' names no faults; there are all, none, and with commas between them "
                + "\(Faults.names.map(\.name).joined(separator: ", ")).")
    }

    func validate() throws {
        if let peers, !(1...Script.maximumPeers).contains(peers) {
            throw ValidationError("--peers takes a number from 1 to \(Script.maximumPeers).")
        }
        if let steps, !(0...1_000_000).contains(steps) {
            throw ValidationError("--steps takes a number from 0 to 1000000.")
        }
    }

    var configuration: Simulation.Configuration {
        var configuration = Simulation.Configuration()
        if let peers { configuration.peers = peers }
        if let topology { configuration.topology = topology }
        if let faults { configuration.faults = faults }
        if let steps { configuration.steps = steps }
        return configuration
    }

    /// What was given, as options.
    var options: String {
        var words: [String] = []
        if let peers { words += ["--peers \(peers)"] }
        if let topology { words += ["--topology \(topology.rawValue)"] }
        if let faults { words += ["--faults \(faults)"] }
        if let steps { words += ["--steps \(steps)"] }
        return words.joined(separator: " ")
    }

    /// The options that show one seed again.
    func replay(_ seed: UInt64) -> String {
        "--replay \(seed)" + (options.isEmpty ? "" : " " + options)
    }

    /// What the seeds were turned into, for people.
    var description: String {
        let made = configuration
        return "\(made.peers) peers, \(made.topology?.rawValue ?? "every topology"), "
            + "\(made.steps) steps, faults: \(made.faults)"
    }
}

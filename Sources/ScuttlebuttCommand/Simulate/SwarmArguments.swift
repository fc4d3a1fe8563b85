// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttSimulation

/// The options that describe the swarms to simulate.
struct SwarmArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Number of peers in a swarm. (default: 8)", valueName: "n"))
    var peers: Int?

    @Option(
        help: ArgumentHelp(
            "Topology: which peers dial which. (default: chosen by the seed)", valueName: "name"),
        completion: .list(Topology.allCases.map(\.rawValue)), transform: SwarmArguments.topology)
    var topology: Topology?

    @Option(
        help: ArgumentHelp(
            "Faults to inject: all, none, or a comma-separated list. (default: all)",
            valueName: "list"),
        completion: .list(["all", "none"] + Faults.names.map(\.name)),
        transform: SwarmArguments.faults)
    var faults: Faults?

    @Option(
        help: ArgumentHelp("Number of steps in a script. (default: 120)", valueName: "n"))
    var steps: Int?

    private static func topology(_ text: String) throws -> Topology {
        if let topology = Topology(rawValue: text) { return topology }
        throw ValidationError(
            "unknown topology '\(text)'; use one of: "
                + "\(Topology.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    private static func faults(_ text: String) throws -> Faults {
        if let faults = Faults(text) { return faults }
        throw ValidationError(
            "unknown faults '\(text)'; use all, none, or a comma-separated list of: "
                + "\(Faults.names.map(\.name).joined(separator: ", "))")
    }

    func validate() throws {
        if let peers, !(1...Script.maximumPeers).contains(peers) {
            throw ValidationError("invalid --peers \(peers): use 1–\(Script.maximumPeers)")
        }
        if let steps, !(0...1_000_000).contains(steps) {
            throw ValidationError("invalid --steps \(steps): use 0–1000000")
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

    /// The given options, as they would be written on the command line.
    var options: String {
        var words: [String] = []
        if let peers { words += ["--peers \(peers)"] }
        if let topology { words += ["--topology \(topology.rawValue)"] }
        if let faults { words += ["--faults \(faults)"] }
        if let steps { words += ["--steps \(steps)"] }
        return words.joined(separator: " ")
    }

    /// The options that replay one seed.
    func replay(_ seed: UInt64) -> String {
        "--replay \(seed)" + (options.isEmpty ? "" : " " + options)
    }

    /// The settings for people.
    var description: String {
        let made = configuration
        return "\(made.peers) peers, \(made.topology?.rawValue ?? "every topology"), "
            + "\(made.steps) steps, faults: \(made.faults)"
    }
}

// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// What is wrong with the arguments.
struct UsageError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// The arguments of `simulation-soak`.
///
/// Read by hand, since an argument parser would double the time of the build.
struct SoakOptions {
    static let help = """
        usage: simulation-soak [OPTION VALUE]…
          --first N      the first seed (0)
          --seeds N      how many seeds; without end when neither this nor --seconds is given
          --seconds N    ends after so much time
          --peers N, --steps N, --topology NAME, --faults all|none|LIST
                         what the seeds are turned into (8, 120, chosen by the seed, all)
          --jobs N       how many seeds at once (8: a few more than there are cores)
          --commit TEXT  printed with a failure
          --report on|off     a line of figures every ten seconds (on)
          --shrink on|off     looks for the smallest script that fails (on)
          --go-on on|off      goes on after a failure (off)
          --trace on|off      names each seed before it is run, to find one that crashes (off)
        Exit code 0 when every promise was kept, 1 when not, and 130 when Ctrl-C ended it before the
        last seed; its figures come all the same.
        """

    private(set) var configuration = Simulation.Configuration()
    private(set) var first: UInt64 = 0
    private(set) var seeds: UInt64?
    private(set) var secondLimit: Int?
    private(set) var jobs = 8
    private(set) var commit = "unknown"
    private(set) var reports = true
    private(set) var shrinks = true
    private(set) var goesOn = false
    private(set) var traces = false
    private(set) var wantsHelp = false
    /// What differs from the default, as options.
    private(set) var replayOptions = ""

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--help" || name == "-h" {
                wantsHelp = true
                return
            }
            guard let value = rest.popFirst() else { throw UsageError("\(name) needs a value") }
            try set(name, value)
        }
    }

    var setting: String {
        "\(configuration.peers) peers, \(configuration.topology?.rawValue ?? "every topology"), "
            + "\(configuration.steps) steps, faults \(configuration.faults)"
    }

    private mutating func set(_ name: String, _ value: String) throws(UsageError) {
        switch name {
        case "--first": first = try SoakOptions.number(name, value, 0)
        case "--seeds": seeds = try SoakOptions.number(name, value, 1)
        case "--seconds": secondLimit = try SoakOptions.number(name, value, 1)
        case "--jobs": jobs = try SoakOptions.number(name, value, 1)
        case "--commit": commit = value
        case "--report": reports = try SoakOptions.isOn(name, value)
        case "--shrink": shrinks = try SoakOptions.isOn(name, value)
        case "--go-on": goesOn = try SoakOptions.isOn(name, value)
        case "--trace": traces = try SoakOptions.isOn(name, value)
        case "--peers":
            configuration.peers = try SoakOptions.number(name, value, 1)
            replayOptions += " \(name) \(value)"
        case "--steps":
            configuration.steps = try SoakOptions.number(name, value, 0)
            replayOptions += " \(name) \(value)"
        case "--topology":
            guard let topology = Topology(rawValue: value) else {
                throw UsageError("there is no topology '\(value)'")
            }
            configuration.topology = topology
            replayOptions += " \(name) \(value)"
        case "--faults":
            guard let faults = Faults(value) else { throw UsageError("no faults are '\(value)'") }
            configuration.faults = faults
            replayOptions += " \(name) \(value)"
        default: throw UsageError("there is no option \(name)")
        }
    }

    private static func number<Number: FixedWidthInteger>(
        _ name: String, _ value: String, _ least: Number
    ) throws(UsageError) -> Number {
        guard let number = Number(value), number >= least else {
            throw UsageError("\(name) takes a number from \(least)")
        }
        return number
    }

    private static func isOn(_ name: String, _ value: String) throws(UsageError) -> Bool {
        guard value == "on" || value == "off" else { throw UsageError("\(name) takes on or off") }
        return value == "on"
    }
}

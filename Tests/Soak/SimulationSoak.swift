// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `simulation-soak`: runs seed after seed on all cores and says what it found.
///
/// It links the pure targets alone, so that its release build takes a minute and not ten; the
/// command `scuttlebutt simulate` is for people, this one for dev/test, dev/soak and dev/mutants.
@main
struct SimulationSoak {
    static func main() async {
        do {
            let options = try SoakOptions(Array(CommandLine.arguments.dropFirst()))
            if options.wantsHelp {
                say(SoakOptions.help)
                exit(0)
            }
            Interruption.watch()
            guard await run(options) else { exit(1) }
            exit(Interruption.hasCome ? 130 : 0)
        } catch {
            let bytes = Array("simulation-soak: \(error.message); see --help\n".utf8)
            _ = write(STDERR_FILENO, bytes, bytes.count)
            exit(2)
        }
    }

    /// Runs the seeds; whether all promises were kept.
    private static func run(_ options: SoakOptions) async -> Bool {
        let start = ContinuousClock.now
        var tally = SoakTally()
        var lastReport = start
        await SeedRun(options).outcomes { seed, outcome in
            tally.add(outcome)
            if outcome.violation != nil { report(seed, outcome, options) }
            let now = ContinuousClock.now
            if options.reports, now - lastReport >= .seconds(10) {
                lastReport = now
                say("  \(tally.text(now - start))")
            }
            if let limit = options.secondLimit, now - start >= .seconds(limit) { return false }
            if Interruption.hasCome { return false }
            return outcome.violation == nil || options.goesOn
        }
        let range = "seeds \(options.first) to \(options.first &+ UInt64(max(tally.seeds - 1, 0)))"
        say("\(range), \(options.setting): \(tally.text(ContinuousClock.now - start))")
        return tally.failures == 0
    }

    private static func report(_ seed: UInt64, _ outcome: Outcome, _ options: SoakOptions) {
        guard let violation = outcome.violation else { return }
        say("FAILED seed \(seed): \(violation)")
        say("commit \(options.commit); replay it there with")
        say("    scuttlebutt simulate --replay \(seed)\(options.replayOptions)")
        guard options.shrinks else { return }
        if let failure = Simulation(options.configuration).shrink(outcome.script) {
            say(failure)
        }
    }
}

/// Prints a line at once, for scripts that read while it runs and for what comes before a crash.
func say(_ line: some CustomStringConvertible) {
    print(line)
    fflush(nil)
}

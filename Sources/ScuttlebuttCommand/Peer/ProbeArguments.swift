// SPDX-License-Identifier: MIT

import ArgumentParser
import NIOCore
import ScuttlebuttNIO
import ScuttlebuttRuntime

/// The option that `serve`, `join` and `peer` share for connections that fall silent.
struct ProbeArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Silence after which a connection is probed; without an answer for as long again, it "
                + "is closed as dead.",
            valueName: "seconds"))
    var probeAfter = 20.0

    func validate() throws {
        guard (0.05...86_400).contains(probeAfter) else {
            throw ValidationError("invalid --probe-after \(probeAfter): use 0.05–86400 seconds")
        }
    }

    /// The rule for sessions.
    var watch: SilenceWatch { SilenceWatch(after: .milliseconds(milliseconds)) }

    /// The default limits of links, with this silence.
    var limits: LinkLimits {
        var limits = LinkLimits()
        limits.silenceTimeout = .milliseconds(milliseconds)
        return limits
    }

    private var milliseconds: Int64 { Int64(probeAfter * 1_000) }
}

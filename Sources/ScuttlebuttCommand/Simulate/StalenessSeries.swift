// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// Staleness and traffic of one or more runs over virtual time.
struct StalenessSeries {
    /// The distance of two samples, in milliseconds.
    static let milliseconds = 50

    /// One moment, added up over the runs.
    private struct Moment {
        var lacking = 0.0
        var mostLacking = 0
        var bytes = 0
    }

    private var moments: [Moment] = []
    private(set) var runs = 0

    /// Adds a run; after its end it lacks nothing and sends nothing.
    mutating func add(_ outcome: Outcome) {
        runs += 1
        var sent = 0
        for (index, sample) in outcome.samples.enumerated() {
            if index == moments.count { moments.append(Moment()) }
            if sample.runningPeers > 0 {
                moments[index].lacking += Double(sample.lacking) / Double(sample.runningPeers)
            }
            moments[index].mostLacking = max(moments[index].mostLacking, sample.mostLacking)
            moments[index].bytes += sample.bytes - sent
            sent = sample.bytes
        }
    }

    /// How many moments there are until nothing happens any more.
    private var shown: ArraySlice<Moment> {
        let last = moments.lastIndex { $0.mostLacking > 0 || $0.bytes > 0 } ?? 0
        return moments.prefix(last + 2)
    }

    /// How many seconds of virtual time the series covers.
    var seconds: Double { Double(max(shown.count - 1, 1) * StalenessSeries.milliseconds) / 1_000 }

    /// How many updates a running peer lacked on average.
    var lacking: [Double] { shown.map { $0.lacking / Double(max(runs, 1)) } }

    /// How many updates the stalest peer of all runs lacked.
    var mostLacking: [Double] { shown.map { Double($0.mostLacking) } }

    /// How many kilobytes a swarm sent per second, on average.
    var kilobytesPerSecond: [Double] {
        let factor = 1 / Double(StalenessSeries.milliseconds) / Double(max(runs, 1))
        return shown.map { Double($0.bytes) * factor }
    }
}

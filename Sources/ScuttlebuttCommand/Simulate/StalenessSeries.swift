// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// Staleness and traffic of one or more runs over virtual time.
struct StalenessSeries {
    /// The interval between two samples, in milliseconds.
    static let milliseconds = 50

    /// The totals over all runs at one moment.
    private struct Moment {
        var lacking = 0.0
        var mostLacking = 0
        var bytes = 0
    }

    private var moments: [Moment] = []
    private(set) var runs = 0

    /// Adds a run, which counts as lacking and sending nothing after its end.
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

    /// The moments up to the last one at which anything happens.
    private var shown: ArraySlice<Moment> {
        let last = moments.lastIndex { $0.mostLacking > 0 || $0.bytes > 0 } ?? 0
        return moments.prefix(last + 2)
    }

    /// The length of the series in seconds of virtual time.
    var seconds: Double { Double(max(shown.count - 1, 1) * StalenessSeries.milliseconds) / 1_000 }

    /// The number of updates that a running peer lacked on average.
    var lacking: [Double] { shown.map { $0.lacking / Double(max(runs, 1)) } }

    /// The number of updates that the stalest peer of all runs lacked.
    var mostLacking: [Double] { shown.map { Double($0.mostLacking) } }

    /// The kilobytes per second that a swarm sent on average.
    var kilobytesPerSecond: [Double] {
        let factor = 1 / Double(StalenessSeries.milliseconds) / Double(max(runs, 1))
        return shown.map { Double($0.bytes) * factor }
    }
}

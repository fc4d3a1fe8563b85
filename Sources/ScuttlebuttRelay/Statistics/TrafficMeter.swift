// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// Counts the lines and links of a relay.
final class TrafficMeter: Sendable {
    private let received = Atomic(0)
    private let sent = Atomic(0)
    private let beforeCompression = Atomic(0)
    private let afterCompression = Atomic(0)
    private let refused = Atomic(0)
    private let opened = Atomic(0)
    private let links = Mutex<[LinkKind: Int]>([:])
    private let report: (@Sendable (String) -> Void)?

    /// Creates a meter.
    ///
    /// - Parameter report: Receives a message for each link that opens or closes.
    init(report: (@Sendable (String) -> Void)? = nil) { self.report = report }

    func countReceived(_ lines: Int) { received.wrappingAdd(lines, ordering: .relaxed) }
    func countSent(_ lines: Int, compressed bytes: CompressedByteCount) {
        sent.wrappingAdd(lines, ordering: .relaxed)
        guard bytes.before > 0 else { return }
        beforeCompression.wrappingAdd(bytes.before, ordering: .relaxed)
        afterCompression.wrappingAdd(bytes.after, ordering: .relaxed)
    }
    func countRefused() { refused.wrappingAdd(1, ordering: .relaxed) }

    /// Counts a link as opened.
    func opened(_ kind: LinkKind, _ name: String) {
        opened.wrappingAdd(1, ordering: .relaxed)
        let count = change(kind, by: 1)
        report?("connected to \(name) (\(count) open)")
    }

    /// Counts a link as closed.
    func closed(_ kind: LinkKind, _ name: String, _ reason: String) {
        let count = change(kind, by: -1)
        report?("disconnected from \(name): \(reason) (\(count) open)")
    }

    private func change(_ kind: LinkKind, by amount: Int) -> Int {
        links.withLock { links in
            links[kind, default: 0] += amount
            return links.values.reduce(0, +)
        }
    }

    /// The counted statistics; all others are left at 0.
    var statistics: RelayStatistics {
        var statistics = RelayStatistics()
        statistics.received = received.load(ordering: .relaxed)
        statistics.sent = sent.load(ordering: .relaxed)
        statistics.compressed = CompressedByteCount(
            before: beforeCompression.load(ordering: .relaxed),
            after: afterCompression.load(ordering: .relaxed))
        statistics.refused = refused.load(ordering: .relaxed)
        statistics.opened = opened.load(ordering: .relaxed)
        statistics.byKind = links.withLock { $0 }
        statistics.connected = statistics.byKind.values.reduce(0, +)
        return statistics
    }
}

// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import Synchronization

/// Warnings for the operator about peers that break the rules.
///
/// Rate-limited: after the first few of a kind, further ones are reported ever more rarely, so a
/// hostile peer cannot flood the log.
final class GossipWarnings: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// The warning for an event, or `nil` if the event needs none or its kind is being throttled.
    func warning(for event: GossipEvent) -> String? {
        guard case .replica(let event) = event else { return nil }
        switch event {
        case .refused(let refusal, _):
            let place = refusal.stamp.map { " \(number($0.timestamp))@\($0.source)" } ?? ""
            return limited("refused", "refused update\(place): \(refusal.message)")
        case .equivocation(let stamp):
            return limited(
                "equivocation",
                "source \(stamp.source) wrote two different updates at \(number(stamp.timestamp)); "
                    + "kept the first. Was a device cloned or a backup restored?")
        case .ownUpdatesMissing(let claimed):
            return limited(
                "missing",
                "a peer has updates of this server up to \(number(claimed)) that are missing here: "
                    + "the store was lost, or its identity is in use elsewhere")
        case .historyReceived, .synced, .stale, .setAside, .cutOff, .storageFailed, .missed:
            return nil
        }
    }

    /// Lets the first ten of a kind through, then one at each power of ten, with the count.
    private func limited(_ kind: String, _ text: String) -> String? {
        let count = counts.withLock { counts in
            counts[kind, default: 0] += 1
            return counts[kind, default: 0]
        }
        if count <= 10 { return text }
        var power = 100
        while power < count { power *= 10 }
        return power == count ? "\(text) (\(count) of this kind so far)" : nil
    }

    /// A timestamp in its wire format.
    private func number(_ timestamp: Timestamp) -> String {
        String(decoding: Answer.number(timestamp.value), as: UTF8.self)
    }
}

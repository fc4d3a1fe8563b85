// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import Synchronization

/// What an operator is told of peers that break rules.
///
/// The first of each kind, then fewer and fewer, so that a hostile peer fills no log.
final class GossipRemarks: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// The line for an event, or `nil` when there is none or it has been said often enough.
    func remark(on event: GossipEvent) -> String? {
        guard case .replica(let event) = event else { return nil }
        switch event {
        case .refused(let refusal, _):
            let place = refusal.stamp.map { " (\(number($0.timestamp)) of \($0.source))" } ?? ""
            return limited("refused", "An update was refused\(place): \(refusal.message).")
        case .equivocation(let stamp):
            return limited(
                "equivocation",
                "Source \(stamp.source) wrote two different updates at \(number(stamp.timestamp)); "
                    + "the first is kept. Is it a copied device, or a restored backup?")
        case .ownUpdatesMissing(let claimed):
            return limited(
                "missing",
                "A peer has updates in our name up to \(number(claimed)) that are not here: a lost "
                    + "store, or a copied identity.")
        case .historyReceived, .synced, .stale, .cutOff, .storageFailed, .missed:
            return nil
        }
    }

    /// Says the first ten of a kind, then each power of ten with the count.
    private func limited(_ kind: String, _ text: String) -> String? {
        let count = counts.withLock { counts in
            counts[kind, default: 0] += 1
            return counts[kind, default: 0]
        }
        if count <= 10 { return text }
        var power = 100
        while power < count { power *= 10 }
        return power == count ? "\(text) That makes \(count) of this kind." : nil
    }

    /// A timestamp as it stands on the wire.
    private func number(_ timestamp: Timestamp) -> String {
        var bytes: [UInt8] = []
        JSONNumber.append(timestamp.value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// Prints messages to stderr, skipping immediate repetitions.
final class DistinctMessages: Sendable {
    private let last = Mutex("")

    func note(_ text: String) {
        let isNew = last.withLock { last in
            defer { last = text }
            return last != text
        }
        if isNew { StandardError.shared.note(text) }
    }

    /// Prints a message for an event if people need to know about it.
    func note(_ event: ReplicaEvent) {
        switch event {
        case .storageFailed(let error): note(error.message)
        case .refused(let refusal, _): note("refused update: \(refusal.message)")
        case .equivocation(let stamp):
            note(
                "source \(stamp.source) wrote two different updates at \(stamp.timestamp.value); "
                    + "the first that came is kept, so that others may have kept the other. The "
                    + "name is in use by two processes or devices: give each its own --id and "
                    + "--store, or leave out --id")
        case .ownUpdatesMissing:
            note(
                "a peer has updates of this identity that are missing here: its store was lost, or "
                    + "the name is in use by another process or device; give each its own --id and "
                    + "--store, or leave out --id")
        case .setAside(let stamp, _):
            note(
                "a peer does not take the update \(stamp.timestamp.value) of this identity: it is "
                    + "too large or against its rules, or the name is in use elsewhere and the "
                    + "peer has another update; what was written later is sent")
        case .cutOff(_, let error): note("connection closed: \(error.message)")
        case .historyReceived, .synced, .stale, .missed: break
        }
    }
}

// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttRuntime

/// The names of the files next to a store that is shared.
enum SideFiles {
    /// The most processes that can share a store.
    static let slotLimit = 64

    /// Held by every process that writes: exclusively by one alone, together by those who share.
    static func lock(_ store: String) -> String { store + "-lock" }
    /// Held while a store is being opened or closed in order to share it.
    static func gate(_ store: String) -> String { store + "-lock-gate" }
    /// Held by the process that connects to peers.
    static func lease(_ store: String) -> String { store + "-lock-link" }
    /// Held by the process that writes under the source of this slot.
    static func slot(_ number: Int, _ store: String) -> String { store + "-lock-\(number)" }
    /// The pipe by which the process in this slot hears that others have stored something.
    static func note(_ number: Int, _ store: String) -> String { store + "-note-\(number)" }

    /// Removes all but ``lock(_:)``, which only who has that and the gate exclusively may do.
    static func remove(_ store: String) {
        unlink(lease(store))
        for number in 1...slotLimit {
            // Lowest first, and none without those below it.
            let hasSlot = unlink(slot(number, store)) == 0
            let hasNote = unlink(note(number, store)) == 0
            guard hasSlot || hasNote else { return }
        }
    }

    /// Removes what processes have left that shared a store and were killed; only for who has
    /// ``lock(_:)`` exclusively.
    static func removeAbandoned(_ store: String) {
        let first = [slot(1, store), note(1, store), lease(store)]
        guard first.contains(where: { access($0, F_OK) == 0 }),
            let gate = try? FileLock.take(.exclusive, self.gate(store), for: store)
        else { return }
        remove(store)
        gate.remove()
    }
}

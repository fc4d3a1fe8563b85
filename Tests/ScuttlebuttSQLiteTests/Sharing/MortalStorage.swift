// SPDX-License-Identifier: MIT

import ScuttlebuttSQLite
import Synchronization

/// A storage that can end without being closed, as that of a process that is killed.
final class MortalStorage: Sendable {
    private let held: Mutex<SQLiteStorage?>

    init(_ storage: SQLiteStorage) { held = Mutex(storage) }

    /// The storage, which must be alive.
    var storage: SQLiteStorage {
        guard let storage = held.withLock({ $0 }) else { preconditionFailure("it is dead") }
        return storage
    }

    var isAlive: Bool { held.withLock { $0 != nil } }

    /// Lets go of it, and returns when nothing of it is left.
    func die() async {
        while true {
            let isGone = held.withLock { storage in
                // Its end is over when this assignment is.
                guard storage == nil || isKnownUniquelyReferenced(&storage) else { return false }
                storage = nil
                return true
            }
            if isGone { return }
            await Task.yield()
        }
    }

    /// Closes it.
    func close() async {
        await storage.close()
        held.withLock { $0 = nil }
    }
}

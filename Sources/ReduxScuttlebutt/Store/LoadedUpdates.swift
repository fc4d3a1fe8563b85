// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// Collects the batches that a storage returns.
final class LoadedUpdates: Sendable {
    private let updates = Mutex<[Update]>([])

    func append(_ batch: [Update]) { updates.withLock { $0 += batch } }

    func take() -> [Update] {
        updates.withLock { updates in
            defer { updates = [] }
            return updates
        }
    }
}

// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// A connection of ours that a script may end.
final class Connecting: Sendable {
    private let connection = Mutex<Swarm.Connection?>(nil)

    func begin(_ connection: Swarm.Connection) {
        self.connection.withLock { $0 = connection }
    }

    /// Begins to end it; the script goes on, for the server has a part in that.
    func close() {
        let connection = connection.withLock { $0 }
        Task { await connection?.close() }
    }
}

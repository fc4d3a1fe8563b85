// SPDX-License-Identifier: MIT

import GRDB
import Synchronization

@testable import ScuttlebuttSQLite

extension SQLiteStorage {
    /// The open database, so that a test can limit its size.
    var currentDatabase: DatabaseQueue { state.withLock { $0.connection.database } }
}

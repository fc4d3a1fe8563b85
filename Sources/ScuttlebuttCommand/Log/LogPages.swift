// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttSQLite

/// A log as it was at one moment, which can be read in part.
protocol LogPages: Sendable {
    /// The number of its updates.
    var count: Int { get }

    /// Returns how many updates its index has after a stamp, or altogether.
    func count(after stamp: Stamp?) async throws -> Int

    /// Returns the next updates in agreed order; none at the end.
    func updates(after stamp: Stamp?, limit: DeltaLimit) async throws -> [Update]
}

extension StoreSnapshot: LogPages {}

// SPDX-License-Identifier: MIT

import Synchronization

/// The subscription of one observer, which ends when it is cancelled or released.
///
/// It does not keep the replica alive.
public final class ReplicaSubscription: Sendable {
    private let removal: Mutex<(@Sendable () -> Void)?>

    init(_ removal: @escaping @Sendable () -> Void) { self.removal = Mutex(removal) }

    /// Ends the observation; repeating this is harmless.
    ///
    /// A call to the observer that is already running completes.
    public func cancel() {
        let removal = removal.withLock { removal in
            defer { removal = nil }
            return removal
        }
        removal?()
    }

    deinit { cancel() }
}

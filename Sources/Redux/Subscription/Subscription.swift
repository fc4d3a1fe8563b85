// SPDX-License-Identifier: MIT
internal import Synchronization

/// The token of one registration: dropping it cancels, so keep it as long as you want to hear.
///
/// It does not keep the store alive.
public final class Subscription: Sendable {
    enum Reason { case cancelled, dropped }

    /// Takes the registration away and says whether it is gone.
    private let removal: Mutex<(@Sendable (Reason) -> Bool)?>

    init(removal: (@Sendable (Reason) -> Bool)?) { self.removal = Mutex(removal) }

    /// Makes a token for a registration of your own.
    ///
    /// - Parameter cancel: Takes the registration away; called once.
    public convenience init(_ cancel: @escaping @Sendable () -> Void) {
        self.init { _ in
            cancel()
            return true
        }
    }

    /// Ends the registration; doing it again is harmless.
    ///
    /// A notification that had begun before still reaches the subscriber. From within a reducer
    /// this is a fault, and the registration stays.
    public func cancel() { remove(.cancelled) }

    deinit { remove(.dropped) }

    private func remove(_ reason: Reason) {
        let removal = removal.withLock { removal in
            defer { removal = nil }
            return removal
        }
        guard let removal, !removal(reason) else { return }
        self.removal.withLock { $0 = removal }
    }
}

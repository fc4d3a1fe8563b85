// SPDX-License-Identifier: MIT
internal import Synchronization

/// A token that cancels its subscription when it is released.
///
/// Retain it for as long as you want to be notified. It does not retain the store.
public final class Subscription: Sendable {
    enum Reason { case cancelled, dropped }

    /// Removes the registration and returns whether it succeeded.
    private let removal: Mutex<(@Sendable (Reason) -> Bool)?>

    init(removal: (@Sendable (Reason) -> Bool)?) { self.removal = Mutex(removal) }

    /// Creates a token for a custom registration.
    ///
    /// - Parameter cancel: Removes the registration; called once.
    public convenience init(_ cancel: @escaping @Sendable () -> Void) {
        self.init { _ in
            cancel()
            return true
        }
    }

    /// Ends the subscription; a second call has no effect.
    ///
    /// A notification that has already begun still reaches the subscriber. Calling this from a
    /// reducer is an error, and the subscription remains.
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

// SPDX-License-Identifier: MIT

/// A store that can also notify subscribers immediately, bypassing any batching.
public protocol ImmediateSubscribing: AnyObject, Sendable {
    /// Calls `body` after each dispatch, without batching.
    func subscribeImmediately(_ body: @escaping @Sendable () -> Void) -> Subscription
}

// SPDX-License-Identifier: MIT

/// The states of a store, starting with the current one, until the store is closed or released.
///
/// Each iteration is independent, starts with the store's state at that time, and does not retain
/// the store. Ending the iteration ends its subscription.
public struct StateUpdates<State: Sendable>: AsyncSequence, Sendable {
    typealias Source = (subscription: Subscription, read: @Sendable () -> State?)

    let policy: StatePolicy
    let limit: Int
    /// Subscribes a feed; returns `nil` if the store was released.
    let open: @Sendable (FeedEnd<State>) -> Source?

    /// Starts an iteration that covers every dispatch from now on.
    public func makeAsyncIterator() -> Iterator {
        let feed = StateFeed<State>(limit: policy == .every ? limit : 1)
        let source = open(FeedEnd(feed))
        return Iterator(
            feed: feed, source: source, signals: feed.signals.makeAsyncIterator(),
            isStarting: true, keepsStates: policy == .every)
    }

    /// One iteration over the states of a store.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: StateFeed<State>
        let source: Source?
        var signals: AsyncStream<Void>.Iterator
        var isStarting: Bool
        let keepsStates: Bool

        /// Returns the next state, or `nil` if the store was closed or released or the task is
        /// cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> StateUpdate<State>? {
            if keepsStates {
                while true {
                    if let update = feed.take() { return update }
                    guard await signals.next(isolation: actor) != nil else { return feed.take() }
                }
            }
            if isStarting {
                isStarting = false
            } else if await signals.next(isolation: actor) == nil {
                return nil
            }
            return source?.read().map { StateUpdate(state: $0, missed: 0) }
        }
    }
}

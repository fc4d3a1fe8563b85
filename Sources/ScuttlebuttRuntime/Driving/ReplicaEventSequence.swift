// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The events of a replica from the start of an iteration until the replica is shut down.
///
/// If more than ``ReplicaOptions/eventLimit`` wait, the newest are kept, preceded by
/// ``ReplicaEvent/missed(_:)``.
public struct ReplicaEventSequence: AsyncSequence, Sendable {
    let limit: Int
    let open: @Sendable (ReplicaFeedEnd<ReplicaEvent>) -> ReplicaSubscription

    /// Starts an iteration, which gets every event from now on.
    public func makeAsyncIterator() -> Iterator {
        let feed = ReplicaFeed<ReplicaEvent>(limit: limit)
        let subscription = open(ReplicaFeedEnd(feed))
        return Iterator(
            feed: feed, subscription: subscription, signals: feed.signals.makeAsyncIterator())
    }

    /// One iteration over the events of a replica.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: ReplicaFeed<ReplicaEvent>
        let subscription: ReplicaSubscription
        var signals: AsyncStream<Void>.Iterator
        /// An event taken together with a count of missed ones, which is delivered first.
        var following: ReplicaEvent?

        /// Returns the next event, or `nil` at the end or if the task is cancelled.
        public mutating func next() async -> ReplicaEvent? { await next(isolation: nil) }

        /// Returns the next event, or `nil` at the end or if the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ReplicaEvent? {
            if let event = following.take() { return event }
            while true {
                if let event = take() { return event }
                guard await signals.next(isolation: actor) != nil else {
                    return Task.isCancelled ? nil : take()
                }
            }
        }

        private mutating func take() -> ReplicaEvent? {
            guard let batch = feed.take(1) else { return nil }
            guard batch.missed > 0 else { return batch.elements.first }
            following = batch.elements.first
            return .missed(batch.missed)
        }
    }
}

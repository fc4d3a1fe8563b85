// SPDX-License-Identifier: MIT

/// The changes of a replica from the start of an iteration until the replica is shut down.
///
/// Changes made while the reader is busy arrive as one batch. If there are more than
/// ``ReplicaOptions/changeLimit``, the newest are kept, and ``ReplicaChanges/missed`` counts the
/// others.
public struct ReplicaChangeSequence<Change: Sendable>: AsyncSequence, Sendable {
    let limit: Int
    let open: @Sendable (ReplicaFeedEnd<Change>) -> ReplicaSubscription

    /// Starts an iteration, which gets every change from now on.
    public func makeAsyncIterator() -> Iterator {
        let feed = ReplicaFeed<Change>(limit: limit)
        let subscription = open(ReplicaFeedEnd(feed))
        return Iterator(
            feed: feed, subscription: subscription, signals: feed.signals.makeAsyncIterator())
    }

    /// One iteration over the changes of a replica.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: ReplicaFeed<Change>
        let subscription: ReplicaSubscription
        var signals: AsyncStream<Void>.Iterator

        /// Returns the next changes, or `nil` at the end or if the task is cancelled.
        public mutating func next() async -> ReplicaChanges<Change>? {
            await next(isolation: nil)
        }

        /// Returns the next changes, or `nil` at the end or if the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> ReplicaChanges<Change>? {
            while true {
                if let changes = take() { return changes }
                // Changes kept before the end are still delivered.
                guard await signals.next(isolation: actor) != nil else {
                    return Task.isCancelled ? nil : take()
                }
            }
        }

        private func take() -> ReplicaChanges<Change>? {
            feed.take().map {
                ReplicaChanges($0.elements, missed: $0.missed, isReset: $0.isReset)
            }
        }
    }
}

// SPDX-License-Identifier: MIT

/// What happens in a replica from the start of an iteration until the replica is shut down: batches
/// of changes or of updates, or single events.
///
/// While the reader is busy, what happens waits for it. Of more than the limit in
/// ``ReplicaOptions``, the newest are kept, and the number of the others is told:
/// ``ReplicaChanges/missed``, or the event ``/Scuttlebutt/ReplicaEvent/missed(_:)``.
public struct ReplicaSequence<Element: Sendable>: AsyncSequence, Sendable {
    private let begin: @Sendable () -> Iterator

    /// Creates a sequence.
    ///
    /// - Parameters:
    ///   - open: Starts to fill a feed.
    ///   - batch: How many of the waiting elements are taken at once.
    ///   - deliver: Returns what the reader gets for a batch.
    init<Fed: Sendable>(
        limit: Int, batch: Int = .max,
        open: @escaping @Sendable (ReplicaFeedEnd<Fed>) -> ReplicaSubscription,
        deliver: @escaping @Sendable (ReplicaFeed<Fed>.Batch) -> [Element]
    ) {
        begin = {
            let feed = ReplicaFeed<Fed>(limit: limit)
            let subscription = open(ReplicaFeedEnd(feed))
            return Iterator(
                subscription: subscription, signals: feed.signals.makeAsyncIterator(),
                take: { feed.take(batch).map(deliver) ?? [] })
        }
    }

    /// Starts an iteration, which gets everything from now on.
    public func makeAsyncIterator() -> Iterator { begin() }

    /// One iteration.
    public struct Iterator: AsyncIteratorProtocol {
        let subscription: ReplicaSubscription
        var signals: AsyncStream<Void>.Iterator
        let take: @Sendable () -> [Element]
        /// What was taken and is still to be delivered.
        private var taken: ArraySlice<Element> = []

        init(
            subscription: ReplicaSubscription, signals: AsyncStream<Void>.Iterator,
            take: @escaping @Sendable () -> [Element]
        ) {
            self.subscription = subscription
            self.signals = signals
            self.take = take
        }

        /// Returns the next element, or `nil` at the end or if the task is cancelled.
        public mutating func next() async -> Element? { await next(isolation: nil) }

        /// Returns the next element, or `nil` at the end or if the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            while true {
                if taken.isEmpty { taken = take()[...] }
                if let element = taken.popFirst() { return element }
                guard await signals.next(isolation: actor) == nil else { continue }
                // What was kept before the end is still delivered.
                if !Task.isCancelled { taken = take()[...] }
                return taken.popFirst()
            }
        }
    }
}

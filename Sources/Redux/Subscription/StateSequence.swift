// SPDX-License-Identifier: MIT

/// The states of a store, starting with the current one and then always the newest.
///
/// A slow reader skips states. Otherwise it behaves like ``StateUpdates``.
public struct StateSequence<State: Sendable>: AsyncSequence, Sendable {
    let updates: StateUpdates<State>

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator { Iterator(base: updates.makeAsyncIterator()) }

    /// One iteration over the states of a store.
    public struct Iterator: AsyncIteratorProtocol {
        var base: StateUpdates<State>.Iterator

        /// Returns the newest state, or `nil` if the store was closed or released or the task is
        /// cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> State? {
            await base.next(isolation: actor)?.state
        }
    }
}

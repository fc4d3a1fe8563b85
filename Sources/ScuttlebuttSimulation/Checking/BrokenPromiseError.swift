// SPDX-License-Identifier: MIT

/// A promise that a run found broken.
public struct BrokenPromiseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The promise.
    ///
    /// Shrinking keeps the promise and drops everything else.
    public enum Promise: String, CaseIterable, Hashable, Sendable {
        /// Peers that had time enough have the same log, and so the same state.
        case convergence
        /// After the last fault the swarm comes to rest.
        case rest
        /// The state is what an obvious fold of the accepted updates in agreed order gives.
        case reference
        /// What was acknowledged as durable is there after every crash.
        case durability
        /// An own update does not leave before it is durable.
        case savedBeforeSent
        /// Own timestamps grow, and are above what was seen up to the clock ceiling.
        case clock
        /// Each source's updates are accepted in their order, without a gap, once, and only those
        /// that it wrote.
        case prefix
        /// A session begins with one header, sends nothing twice, nothing back, and one SYNC.
        case session
        /// Queues have bounds, and limits are kept.
        case bounds
        /// Each batch is one change of the state, and nothing is folded twice.
        case notification
        /// An honest peer is neither refused nor accused.
        case report
    }

    /// Which promise.
    public let promise: Promise
    /// What happened, in one sentence for people.
    public let message: String
    /// When, in microseconds of virtual time.
    public let time: Int64

    /// The promise, the time and what happened.
    public var description: String {
        "\(promise.rawValue) broken at \(BrokenPromiseError.milliseconds(time)) ms: \(message)"
    }

    /// A time in milliseconds with three decimals.
    static func milliseconds(_ time: Int64) -> String {
        let fraction = "\(1_000 + time % 1_000)".dropFirst()
        return "\(time / 1_000).\(fraction)"
    }
}

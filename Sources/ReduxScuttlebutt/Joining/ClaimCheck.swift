// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSecurity

/// Compares what a peer has claimed of its log and its state with the history that came later.
///
/// What came from others at places that the peer had no update for is no lie: it is left out.
struct ClaimCheck<State: Sendable, Action: Sendable> {
    /// What was found.
    struct Verdict: Sendable {
        /// The last place at which everything was as claimed.
        var lastTrue: Stamp?
        /// The first place at which something was not; meaningless without ``fault``.
        var firstFalse: Stamp
        /// What was not as claimed, for people; `nil` if everything was.
        var fault: String?
    }

    private let vector: VersionVector
    private var places: ArraySlice<CheckpointContent.Rung>
    private var tail = LogTail<LogHash>(after: nil)
    private let encode: @Sendable (State) throws -> [UInt8]
    /// The history of what the peer claims to have, where it differs from the one that is folded.
    private var apart: History<State, Action>?
    private(set) var verdict: Verdict

    /// - Parameter apart: The history before the first action, if that which is folded will contain
    ///   more than the log, so that its states cannot be compared.
    init(
        _ provisional: Provisional<Action>, encode: @escaping @Sendable (State) throws -> [UInt8],
        apart: History<State, Action>?
    ) {
        let checkpoint = provisional.checkpoint
        vector = checkpoint.vector
        let claimed = CheckpointContent.Rung(
            stamp: checkpoint.stamp, count: checkpoint.count, stateHash: checkpoint.stateHash,
            logHash: checkpoint.logHash)
        places = provisional.rungs.filter { $0.stamp < checkpoint.stamp }[...]
        places.append(claimed)
        self.encode = encode
        self.apart = apart
        verdict = Verdict(firstFalse: checkpoint.stamp)
    }

    /// The next place to compare; `nil` once everything is compared.
    var nextPlace: Stamp? { verdict.fault == nil ? places.first?.stamp : nil }

    /// Takes the next updates, up to the next place.
    ///
    /// - Parameter before: The history before them.
    mutating func take(
        _ updates: [Update], before: History<State, Action>, _ work: BatchWork<State, Action>
    ) {
        guard nextPlace != nil else { return }
        let claimed = updates.filter { vector.covers($0.stamp) }
        tail.add(claimed)
        if apart == nil, claimed.count < updates.count { apart = before }
        guard apart != nil, !claimed.isEmpty else { return }
        _ = apart?.merge(work.decode(claimed).batch)
        apart?.trim(keeping: 0)
    }

    /// Compares at the next place, which everything up to was taken.
    mutating func compare(_ history: History<State, Action>) throws {
        guard nextPlace != nil, let place = places.popFirst() else { return }
        if tail.count != place.count || tail.hash.bytes != place.logHash {
            verdict.fault =
                "the log has \(tail.count) updates there, and not the \(place.count) of the peer"
            if tail.count == place.count { verdict.fault = "the log has other updates there" }
        } else if LogHash.sha256(try encode((apart ?? history).current)) != place.stateHash {
            verdict.fault = "the log folds to another state"
        }
        if verdict.fault == nil {
            verdict.lastTrue = place.stamp
        } else {
            verdict.firstFalse = place.stamp
        }
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What happened when a store took the state of a peer; see ``Joining``.
public enum JoinEvent: Hashable, Sendable {
    /// The state is that of this checkpoint and what the peer has after it; the history follows.
    case joined(StoredCheckpoint, from: String)
    /// The history has come and folds to the same state.
    case confirmed(StoredCheckpoint, from: String)
    /// The history has come and folds to another state, which has replaced that of the peer.
    ///
    /// They differ somewhere after the first stamp (`nil`: from the beginning) and at or before the
    /// second. The text says what differs, for people.
    case refuted(
        StoredCheckpoint, from: String, after: Stamp?, through: Stamp, String)
    /// No state was taken, or it was not compared, with the reason for people.
    ///
    /// The history comes in the ordinary way and is folded in any case.
    case failed(from: String, String)
}

// SPDX-License-Identifier: MIT

public import Rewind
public import Scuttlebutt

/// Something that happened to a store, for status lines, logs and tests.
public enum GossipEvent: Sendable {
    /// A batch was folded into the state.
    ///
    /// The state may have been rewound for it, so an optimistic effect may have disappeared.
    case applied(HistoryChange)
    /// An action of a type that this build does not know was kept, but skipped by the reducer.
    case unknown(Stamp)
    /// The store has started with what its storage contains; the first event of all.
    case opened(OpenedLog)
    /// A checkpoint was not stored, for example because the disk is full.
    ///
    /// Nothing is lost: the next start folds more. It is tried again later.
    case checkpointFailed(StorageError)
    /// The store has taken the state of a peer, or has compared it with the history.
    case joining(JoinEvent)
    /// Something happened to the log that the state is folded from.
    case replica(ReplicaEvent)
}

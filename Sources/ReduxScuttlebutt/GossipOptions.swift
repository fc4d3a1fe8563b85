// SPDX-License-Identifier: MIT

public import Logging
public import Redux
public import Scuttlebutt
public import ScuttlebuttRuntime

/// The settings of a gossiping store, all of which have defaults.
public struct GossipOptions<Action: Sendable>: Sendable {
    /// The source under which the store writes; by default that of the storage, or else a new
    /// random one.
    ///
    /// Never give two running peers the same source.
    public var source: Source?

    /// Whether ``source`` may have written in an earlier process, without a storage that tells;
    /// default false.
    ///
    /// If so, and without storage, writes are refused with `ReplicaError.Code.sourceUnsettled`
    /// until a peer has said what it has of this source. Otherwise they could get timestamps that
    /// are used already, and everybody would drop them.
    public var sourceMayHaveWritten = false

    /// Decides which local actions travel, by their type name.
    ///
    /// By default, all whose name does not begin with `@`, as in the original's code. Actions from
    /// others are never filtered.
    public var isGossipType: (@Sendable (String) -> Bool)?

    /// Decides when incoming actions are folded.
    ///
    /// It receives a closure that folds everything that waits, with one notification, and must call
    /// it once, now or later (in the next frame or tick). By default, a whole incoming batch is
    /// folded at once. Nothing is lost in either case.
    public var customDispatch: (@Sendable (_ fold: @escaping @Sendable () -> Void) -> Void)?

    /// Signs each own action before it is stamped and applied; throwing refuses it.
    ///
    /// With a signer, the effect of a dispatch shows only once the action is signed.
    public var sign: (@Sendable (Action, HistoryView<Action>) async throws -> Action)?

    /// Judges each action from others before it is applied or relayed, or advances any clock.
    ///
    /// `false` refuses the action for good. Throwing means that it could not be judged, so it is
    /// requested again. If the judgement depends on local state that can change, peers diverge.
    public var verify: (@Sendable (Unverified<Action>, HistoryView<Action>) async throws -> Bool)?

    /// The number of entries between two snapshots near the newest action; default 64.
    ///
    /// A larger number means fewer copies of a state that is expensive to copy, but up to as many
    /// more reducer calls for a late action.
    public var snapshotSpacing = 64

    /// How much of the log and of the history stays in memory if the storage can be read in part;
    /// by default ``/ScuttlebuttRuntime/MemoryBudget/phone`` on iOS and its kin and
    /// ``/ScuttlebuttRuntime/MemoryBudget/server`` elsewhere.
    ///
    /// ``GossipStore/history`` shows what is in memory.
    public var memoryBudget = MemoryBudget.standard

    /// The bounds of an action's JSON; by default 255 levels (256 with the array of the update),
    /// and the length of a line.
    ///
    /// Own actions and updates from others that exceed them are refused, but the connection stays
    /// open. Peers with different bounds keep different actions, so raise them on all peers.
    public var bounds = ClassicWire(rules: .fork).bounds

    /// Receives everything that happens to the store, outside all locks.
    public var onEvent: (@Sendable (GossipEvent) -> Void)?

    /// Receives refused actions and incorrect uses of the store.
    ///
    /// Without it, these trap in debug builds.
    public var onFault: StoreErrorHandler?

    /// Receives `debug` messages, never payloads.
    public var logger = Logger(label: "scuttlebutt.store")

    /// The delays before dialling again.
    public var backOff = BackOff()

    /// When to give up links whose other end is silent.
    public var silenceWatch = SilenceWatch()

    /// Waits; tests pass a virtual one.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Creates the default options.
    public init() {}
}

/// An action from another peer that awaits verification.
public struct Unverified<Action: Sendable>: Sendable {
    /// The decoded action, or `nil` if this build does not know its type.
    public let action: Action?
    /// The bytes of the action, as received.
    public let payload: Payload
    /// The claimed logical time and source.
    public let stamp: Stamp
}

/// The ordered history as signers, verifiers and developer tools see it.
public struct HistoryView<Action: Sendable>: Sendable {
    /// One action of the history.
    public struct Record: Sendable {
        /// Its position in the agreed order.
        public let stamp: Stamp
        /// The decoded action, or `nil` if this build does not know its type.
        public let action: Action?
    }

    let read: @Sendable () -> [Record]

    /// All gossiped actions in agreed order, without local-only ones.
    ///
    /// - Complexity: O(n) for each access.
    public var records: [Record] { read() }
}

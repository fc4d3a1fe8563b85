// SPDX-License-Identifier: MIT

public import Logging
public import Redux
public import Scuttlebutt
public import ScuttlebuttRuntime

/// What a gossiping store is told at its making; every setting has a default that fits most.
public struct GossipOptions<Action: Sendable>: Sendable {
    /// The identity to write as; default: the storage's, else a fresh random one.
    ///
    /// Never give two running peers the same one.
    public var source: Source?

    /// Which of the local actions travel, by their type name.
    ///
    /// Default: all whose name does not begin with `@`, as the original's code has it. What comes
    /// from others is never filtered.
    public var isGossipType: (@Sendable (String) -> Bool)?

    /// Decides when incoming actions are folded: it gets a closure that folds everything that
    /// waits, with one notification, and calls it once, now or later (next frame, next tick).
    ///
    /// Default: a whole incoming batch at once. Nothing is lost in any case.
    public var customDispatch: (@Sendable (_ fold: @escaping @Sendable () -> Void) -> Void)?

    /// Signs each own action before it is stamped and applied; throwing refuses it.
    ///
    /// With a signer the effect of a dispatch shows when the signature is there, not before.
    public var sign: (@Sendable (Action, HistoryView<Action>) async throws -> Action)?

    /// Judges each action of others before it is applied, relayed, or moves any clock.
    ///
    /// `false` refuses it for good; throwing means that it could not be judged, and it is asked
    /// for again. Verification that depends on changeable local state makes peers differ.
    public var verify: (@Sendable (Unverified<Action>, HistoryView<Action>) async throws -> Bool)?

    /// Entries between two snapshots next to the newest action; default 64.
    ///
    /// More means fewer copies of a state that is dear to copy, and up to as many more reducer
    /// calls for a late action.
    public var snapshotSpacing = 64

    /// The bounds of one action's JSON; default: 255 levels (256 with the update's own array), and
    /// the length of a line.
    ///
    /// An own action beyond them is refused, and so is an update of others, whose connection goes
    /// on. Peers with other bounds keep other actions: raise them everywhere.
    public var bounds = ClassicWire(rules: .fork).bounds

    /// Hears of everything that happens to the log, outside of all locks.
    public var onEvent: (@Sendable (GossipEvent) -> Void)?

    /// Hears of actions that were refused and of broken store rules.
    ///
    /// Without one they trap in debug builds.
    public var onFault: StoreErrorHandler?

    /// Gets `debug` lines; never payloads.
    public var logger = Logger(label: "scuttlebutt.store")

    /// How long to wait before dialling again.
    public var backOff = BackOff()

    /// Waits; tests hand in a virtual one.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Makes the default options.
    public init() {}
}

/// An action of somebody else that waits for its verification.
public struct Unverified<Action: Sendable>: Sendable {
    /// The decoded action, or `nil` when this build does not know its type.
    public let action: Action?
    /// The action's bytes as they came.
    public let payload: Payload
    /// The logical time and the source that it claims.
    public let stamp: Stamp
}

/// The ordered history as signers, verifiers and developer tools see it.
public struct HistoryView<Action: Sendable>: Sendable {
    /// One action of the history.
    public struct Record: Sendable {
        /// Its place in the order.
        public let stamp: Stamp
        /// The decoded action, or `nil` when this build does not know its type.
        public let action: Action?
    }

    let read: @Sendable () -> [Record]

    /// All gossiped actions in agreed order; local-only ones are in no history that is shown.
    ///
    /// - Complexity: O(n), at each look.
    public var records: [Record] { read() }
}

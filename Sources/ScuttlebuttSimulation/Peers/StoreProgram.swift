// SPDX-License-Identifier: MIT

public import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding

/// A reducer and its actions, as every peer of a world runs them.
///
/// The real machines take part: ``Scuttlebutt/Replica`` decides and ``Rewind/History`` folds. The
/// reference uses neither: it sorts what a peer has, and calls the reducer on one after the other.
public struct StoreProgram<State: Equatable & Sendable, Action: Sendable>: SimulatedProgram {
    /// Redux actions follow the fork's rules.
    public let wire = ClassicWire(rules: .fork)
    /// A log keeps every action.
    public let retainsEverything = true
    /// A batch waits until the store has time for it.
    public let foldsLater = true
    /// The machine of actions waits for a verifier.
    public let canVerify = true
    let initial: State
    let reduce: @Sendable (inout State, Action, Stamp?) -> Reduction
    let decode: @Sendable (Payload, _ isNew: Bool) -> Action?
    let encode: @Sendable (UInt64, _ isNewer: Bool) -> Payload?

    /// Makes a program of a reducer.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action.
    ///   - codec: How actions become bytes.
    ///   - actions: Makes an action of some randomness; used by generated scripts.
    ///   - reduce: The reducer; an action for which it throws is a recorded no-op. With a `Reducer`
    ///     of Redux it is `{ try reducer.reduce(&$0, $1, ActionMeta()) }`.
    public init(
        initial: State, codec: ActionCodec<Action>,
        actions: @escaping @Sendable (inout SplitMix64) -> Action,
        reduce: @escaping @Sendable (inout State, Action, Stamp?) throws -> Void
    ) {
        self.init(
            initial: initial,
            encode: { number, isNewer in
                // No program of today knows what tomorrow's peers say.
                if isNewer { return Array("{\"type\":\"newer\",\"payload\":\(number)}".utf8) }
                var random = SplitMix64(seed: number)
                return try? codec.encode(actions(&random))
            },
            decode: { payload, _ in (try? codec.decode(payload)) ?? nil },
            reduce: { state, action, stamp in
                do {
                    try reduce(&state, action, stamp)
                    return .applied
                } catch {
                    return .failed
                }
            })
    }

    init(
        initial: State,
        encode: @escaping @Sendable (UInt64, _ isNewer: Bool) -> Payload?,
        decode: @escaping @Sendable (Payload, _ isNew: Bool) -> Action?,
        reduce: @escaping @Sendable (inout State, Action, Stamp?) -> Reduction
    ) {
        self.initial = initial
        self.encode = encode
        self.decode = decode
        self.reduce = reduce
    }

    /// Makes the machine and the empty history of one peer.
    public func peer(_ traits: PeerTraits) -> StorePeer<State, Action> {
        StorePeer(self, traits)
    }

    /// The bytes of the action that a number stands for.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? { encode(number, isNewer) }

    /// Folds the entries one after the other; what is not known or fails changes nothing.
    public func reference(_ entries: [ReferenceEntry], isNew: Bool) -> State {
        var state = initial
        for entry in entries {
            guard let action = decode(entry.payload, isNew) else { continue }
            let before = state
            if reduce(&state, action, entry.stamp) != .applied { state = before }
        }
        return state
    }
}

/// The log and the history of one peer.
public struct StorePeer<State: Equatable & Sendable, Action: Sendable>: SimulatedPeer {
    /// What decides.
    public var replica: Replica<UpdateLog>
    /// What folds.
    public private(set) var history: History<State, Action>
    private let program: StoreProgram<State, Action>
    private var isNew: Bool

    init(_ program: StoreProgram<State, Action>, _ traits: PeerTraits) {
        var configuration = ReplicaConfiguration.actions
        configuration.savesUpdates = traits.saves
        configuration.verifies = traits.verifies
        configuration.heldUpdateLimit = traits.limits.held
        replica = Replica(UpdateLog(), source: traits.source, configuration: configuration)
        history = History(
            base: program.initial, reducer: HistoryReducer(reporting: program.reduce),
            spacing: traits.limits.spacing)
        self.program = program
        isNew = traits.isNew
    }

    /// Dispatches: the replica stamps, and the history folds at once.
    public mutating func write(
        _ payload: Payload, wallClock milliseconds: Double,
        into effects: inout [ReplicaEffect<Update>]
    ) -> Update? {
        guard let update = try? replica.write(payload, into: &effects) else { return nil }
        history.insert(program.decode(payload, isNew), at: update.stamp)
        return update
    }

    /// Folds an action that stays local.
    public mutating func writeLocally(_ payload: Payload) -> Bool {
        guard let action = program.decode(payload, isNew) else { return false }
        history.appendLocal(action)
        return true
    }

    /// Merges a batch into the history; what cannot be decoded keeps its place.
    public mutating func fold(_ updates: [Update]) -> Int {
        let batch = updates.map {
            StampedAction(stamp: $0.stamp, action: program.decode($0.payload, isNew))
        }
        return history.merge(batch).duplicates.count
    }

    /// Decodes again what was not known.
    public mutating func upgrade() {
        isNew = true
        let (replica, program) = (replica, program)
        history.updateUnknown { stamp in
            replica.value.update(at: stamp).flatMap { program.decode($0.payload, true) }
        }
    }

    /// The log, as far as it is released.
    public var retained: [Update] {
        replica.value.delta(since: VersionVector()).filter { gossip.covers($0.stamp) }
    }

    /// The folded state.
    public var observed: State { history.current }

    /// The history has what was folded, and the log no more than that.
    public func brokenInvariant(foldedCount: Int) -> String? {
        guard history.gossipedCount == foldedCount else {
            return "the history has \(history.gossipedCount) actions and was given \(foldedCount)"
        }
        // The base, the newest, one pinned and two per doubling.
        let bound = 2 * (Int.bitWidth - history.entries.count.leadingZeroBitCount) + 4
        guard history.snapshotCount <= bound else {
            return "the history keeps \(history.snapshotCount) snapshots"
        }
        return nil
    }
}

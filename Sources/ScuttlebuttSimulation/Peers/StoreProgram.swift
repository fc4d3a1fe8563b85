// SPDX-License-Identifier: MIT

import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding

/// A reducer and its actions, run by every peer of a world.
///
/// Each peer has a real ``/Scuttlebutt/Replica`` and a real ``/Rewind/History``. The reference uses
/// neither: it sorts the actions of a peer and calls the reducer for each of them.
public struct StoreProgram<State: Equatable & Sendable, Action: Sendable>: SimulatedProgram {
    /// The rules of the fork, which apply to Redux actions.
    public let wire = ClassicWire(rules: .fork)
    /// True: a log retains every action.
    public let retainsEverything = true
    /// True: a batch waits until the store has time for it.
    public let foldsLater = true
    /// True: actions can await a verifier.
    public let canVerify = true
    /// True: a log and a history can be trimmed.
    public let canTrim = true
    let initial: State
    let encode: @Sendable (UInt64, _ isNewer: Bool) -> Payload?
    let decode: @Sendable (Payload, _ isNew: Bool) -> Action?
    let reduce: @Sendable (inout State, Action, Stamp?) -> Reduction
    /// How states are stored in checkpoints; without it, none are stored.
    var coding: StateCoding?

    /// The bytes of a state, and the state of bytes.
    struct StateCoding: Sendable {
        let encode: @Sendable (State) -> [UInt8]
        let decode: @Sendable ([UInt8]) -> State?
    }

    /// Creates the replica and the empty history of one peer.
    public func peer(_ traits: PeerTraits) -> StorePeer<State, Action> {
        StorePeer(self, traits)
    }

    /// Returns the bytes of the action for a number.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? { encode(number, isNewer) }

    /// Folds the entries one by one; an action that is unknown or fails changes nothing.
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

extension StoreProgram {
    /// Creates a program from a reducer.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action.
    ///   - codec: Encodes and decodes actions.
    ///   - actions: Creates a random action; used by generated scripts.
    ///   - reduce: The reducer; an action for which it throws is a recorded no-op. For a `Reducer`
    ///     of Redux, pass `{ try reducer.reduce(&$0, $1, ActionMeta()) }`.
    public init(
        initial: State, codec: ActionCodec<Action>,
        actions: @escaping @Sendable (inout SplitMix64) -> Action,
        reduce: @escaping @Sendable (inout State, Action, Stamp?) throws -> Void
    ) {
        self.init(
            initial: initial,
            encode: { number, isNewer in
                // A program does not know the actions of its future versions.
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
}

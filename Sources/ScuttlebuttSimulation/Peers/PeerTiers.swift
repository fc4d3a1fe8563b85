// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

/// What a store does so that memory is only a cache of its disk, as the drivers of
/// `ReduxScuttlebutt` do it: `DeepReplay`, `Checkpointer` and `CheckpointBook`.
///
/// The decisions are the same values; only the order of their steps, each of which accesses the
/// disk at most once, is up to the world.
struct PeerTiers<State: Sendable, Action: Sendable>: Sendable {
    /// Folds again what lies above an action that came at or below the floor.
    struct Replay: Sendable {
        /// The history when the replay began.
        let old: History<State, Action>
        /// What must be durable before the disk is read.
        let token: Int
        /// `nil` until the disk is read.
        var refolding: Refolding<State, Action>?
        var hasReadLog = false
        /// What was folded into the old history since, which goes on meanwhile.
        var recorded: [HistoryEntry<Action>] = []
    }

    /// Stores a checkpoint.
    struct Filing: Sendable {
        var captured: CapturedState<State>
        /// What must be durable before the disk is read.
        let token: Int
        /// The end of the log when the disk was first read; `nil` until then.
        var mark: Int?
        var tail = LogTail<SimulatedHash>(after: nil)
        /// The history that the tail is folded into, if the captured state is not that of the log.
        var folded: History<State, Action>?
        var hasReadTail = false
        var isFiled = false
    }

    /// The most updates in memory.
    let memory: Int
    /// `nil` if no checkpoints are stored.
    var schedule: CheckpointSchedule?
    var savedToken = 0
    /// At most one; an array keeps the peer small, because it is copied often.
    private var replays: [Replay] = []
    private var filings: [Filing] = []

    /// Whether something is being folded again.
    var isReplaying: Bool { !replays.isEmpty }
    /// Whether a checkpoint is being stored.
    var isFiling: Bool { !filings.isEmpty }
    /// Whether the disk has what the replay needs.
    var canReplay: Bool { !replays.isEmpty && replays[0].token <= savedToken }
    /// Whether the disk has what the checkpoint needs.
    var canFile: Bool { !filings.isEmpty && filings[0].token <= savedToken }

    // What is worked on is moved out and in, because a copy counts many references.

    mutating func takeReplay() -> Replay? { replays.popLast() }
    mutating func put(_ replay: consuming Replay) { replays.append(replay) }
    mutating func takeFiling() -> Filing? { filings.popLast() }
    mutating func put(_ filing: consuming Filing) { filings.append(filing) }

    init(_ traits: PeerTraits) {
        memory = traits.memory
        guard traits.checkpoints > 0 else { return }
        schedule = CheckpointSchedule(
            interval: traits.checkpoints, distance: min(8, max(1, memory / 2)), startingAt: 0,
            patience: 4)
    }

    /// Records what the program folds while a copy of the history is being replayed.
    mutating func record(_ entries: [HistoryEntry<Action>]) {
        if !replays.isEmpty { replays[0].recorded += entries }
    }
}

/// A hash of a log that costs little; the real one is SHA-256 over what the updates mean.
struct SimulatedHash: LogHashing {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func add(_ update: Update) {
        var bits = SimulatedHash.bits(bytes)
        for byte in update.payload { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for byte in update.source.utf8 { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        bits = (bits ^ update.timestamp.value.bitPattern) &* 0xBF58_476D_1CE4_E5B9
        bytes = SimulatedHash.bytes(bits ^ bits >> 31)
    }

    /// Returns the hash of some bytes.
    static func hash(_ bytes: [UInt8]) -> [UInt8] { SimulatedHash.bytes(bits(bytes)) }

    private static func bits(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    private static func bytes(_ bits: UInt64) -> [UInt8] {
        withUnsafeBytes(of: bits.littleEndian) { Array($0) }
    }
}

// SPDX-License-Identifier: MIT

/// One thing that a script does to a world.
public struct Step: Hashable, Sendable {
    /// What is done; peers are named by their index from 0.
    ///
    /// Whatever makes no sense when its time comes (a peer that is down dispatches) does nothing,
    /// so that every part of a script is a script.
    public enum Deed: Hashable, Sendable {
        /// A peer dispatches the action that the program makes of a number.
        case dispatch(Int, UInt64)
        /// A peer dispatches an action that peers of the old version do not know.
        case dispatchNewer(Int, UInt64)
        /// A peer dispatches an action that stays local.
        case dispatchLocal(Int, UInt64)
        /// All connections between two peers break.
        case cut(Int, Int)
        /// The second of two peers forgets their connection and the first does not notice.
        case halfOpen(Int, Int)
        /// A second connection is opened between two peers.
        case duplicate(Int, Int)
        /// From now on one peer dials another, for good.
        case link(Int, Int)
        /// Two peers stop dialling each other, for good.
        case unlink(Int, Int)
        /// Only the peers of one group reach each other, and those of no group as well.
        ///
        /// A silent partition is not noticed until a silence has lasted too long.
        case partition([[Int]], isSilent: Bool)
        /// Everybody reaches everybody again.
        case heal
        /// A peer loses power: of the write in progress so many thousandths reach the disk.
        case crash(Int, kept: Int)
        /// A peer that is down starts with what is on its disk.
        case restart(Int)
        /// So many writes to a peer's disk fail.
        case failDisk(Int, writes: Int)
        /// A peer's disk is full until it is freed.
        case fillDisk(Int)
        /// A peer's disk has room again.
        case freeDisk(Int)
        /// A peer's disk is copied.
        case backUp(Int)
        /// A peer starts from the copy of its disk, under the same source.
        case restore(Int)
        /// A peer starts from the copy of its disk, under a new source.
        case restoreAnew(Int)
        /// A peer's wall clock jumps by so many milliseconds.
        case stepClock(Int, milliseconds: Int)
        /// A peer's wall clock stands still, or goes on.
        case freezeClock(Int, Bool)
        /// A peer that was absent starts.
        case join(Int)
        /// A peer goes for good.
        case retire(Int)
        /// A peer stops reading its connections, or reads again.
        case slow(Int, Bool)
        /// A peer learns the actions of the new version.
        case upgrade(Int)
        /// A stranger dials a peer and misbehaves in the way and with the seed given.
        case attack(Int, Attack, UInt64)
    }

    /// When it is done, in milliseconds of virtual time since the start.
    public var time: Int
    /// What is done.
    public var deed: Deed

    /// Makes a step.
    public init(_ time: Int, _ deed: Deed) {
        self.time = time
        self.deed = deed
    }
}

/// A way to misbehave.
public enum Attack: String, CaseIterable, Hashable, Sendable {
    /// Updates in the name of honest peers.
    case forge
    /// Updates in the victim's own name, also above the clock ceiling.
    case impersonate
    /// Different updates with one stamp for different victims.
    case equivocate
    /// Lines that have no shape, no JSON, or no sense.
    case malform
    /// Timestamps at the edges and beyond them.
    case poison
    /// A header that claims updates of the victim that do not exist.
    case claim
    /// The bytes of an earlier session of somebody else.
    case replay
    /// An honest session, one byte at a time, that never ends a line.
    case drip
    /// Headers and SYNCs without end.
    case flood
}

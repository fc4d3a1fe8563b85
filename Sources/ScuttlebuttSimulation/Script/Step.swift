// SPDX-License-Identifier: MIT

/// One thing that a script does to a world.
public struct Step: Hashable, Sendable {
    /// A command; it identifies peers by their index from 0.
    ///
    /// A command that makes no sense when its time comes (such as a dispatch at a peer that is
    /// down) does nothing, so that every part of a script is a script.
    public enum Command: Hashable, Sendable {
        /// A peer dispatches the action that the program derives from a number.
        case dispatch(Int, UInt64)
        /// A peer dispatches an action that peers of the old version do not know.
        case dispatchNewer(Int, UInt64)
        /// A peer dispatches an action that stays local.
        case dispatchLocal(Int, UInt64)
        /// All connections between two peers break.
        case cut(Int, Int)
        /// The second of two peers forgets their connection, and the first does not notice.
        case halfOpen(Int, Int)
        /// A second connection is opened between two peers.
        case duplicate(Int, Int)
        /// One peer dials another from now on.
        case link(Int, Int)
        /// Two peers stop dialling each other.
        case unlink(Int, Int)
        /// Peers reach only those in the same group, or all in none.
        ///
        /// A silent partition is noticed only after a long silence.
        case partition([[Int]], isSilent: Bool)
        /// The partition ends.
        case heal
        /// A peer loses power; only so many thousandths of the write in progress reach the disk.
        case crash(Int, kept: Int)
        /// A peer that is down starts with what is on its disk.
        case restart(Int)
        /// The next writes to a peer's disk fail.
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
        /// A peer's wall clock stops or continues.
        case freezeClock(Int, Bool)
        /// A peer that was absent starts.
        case join(Int)
        /// A peer leaves for good.
        case retire(Int)
        /// A peer stops reading its connections, or resumes.
        case slow(Int, Bool)
        /// A peer learns the actions of the new version.
        case upgrade(Int)
        /// A stranger dials a peer and misbehaves in the given way, with the given seed.
        case attack(Int, Attack, UInt64)
    }

    /// The time of the step, in milliseconds of virtual time since the start.
    public var time: Int
    /// The command to perform.
    public var command: Command

    /// Creates a step.
    public init(_ time: Int, _ command: Command) {
        self.time = time
        self.command = command
    }
}

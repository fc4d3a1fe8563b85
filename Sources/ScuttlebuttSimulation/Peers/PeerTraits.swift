// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The properties of a peer to create.
public struct PeerTraits: Hashable, Sendable {
    /// The source under which it writes.
    public var source: Source
    /// Whether it has a disk, and therefore saves before it sends.
    public var saves: Bool
    /// Whether updates are verified before they are accepted.
    public var verifies: Bool
    /// Whether it knows the actions of the new version.
    public var isNew: Bool
    /// The sizes of its buffers.
    public var limits: Script.Limits
    /// The most updates that it keeps in memory, its disk having all of them; 0 for no limit.
    public var memory = 0
    /// The number of actions between two checkpoints on its disk; 0 for none.
    public var checkpoints = 0
}

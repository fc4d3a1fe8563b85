// SPDX-License-Identifier: MIT

/// Everything that decides a run: peers, network, and what is done to them when.
///
/// A script is data. The same script gives the same run, bit for bit, in every process; it is
/// printed as text (``description``) and read back (``init(_:)``), and a part of it is a script as
/// well, which is what shrinking rests on.
public struct Script: Hashable, Sendable {
    /// What all connections are like.
    public struct Network: Hashable, Sendable {
        /// How long each byte is on its way at least, in milliseconds; default 5.
        public var delay = 5
        /// How much longer it may be, in milliseconds; default 20.
        public var jitter = 20
        /// Bytes per second in each direction; 0, the default, for no limit.
        public var bandwidth = 0
        /// How many bytes may be on their way before a sender must wait; default 65,536.
        public var capacity = 65_536
        /// Into how many frames a write may be cut, at any byte; default 3.
        public var pieces = 3

        /// Makes the default network.
        public init() {}
    }

    /// The sizes of the machines' buffers, small so that they are filled.
    public struct Limits: Hashable, Sendable {
        /// How many updates are pulled for a connection at once; default 64.
        public var pull = 64
        /// How many updates of a history are held back for its SYNC; default 256.
        public var held = 256
        /// Entries between two snapshots; default 8.
        public var spacing = 8
        /// How long a peer waits before it folds what came, in milliseconds at most; default 4.
        public var foldDelay = 4
        /// How long a write to the disk takes, in milliseconds at most; default 10.
        public var saveDelay = 10

        /// Makes the default limits.
        public init() {}
    }

    /// What all chance in the world is derived from.
    public var seed: UInt64
    /// How many peers there are, joined or not.
    public var peers: Int
    /// Who dials whom.
    public var topology: Topology
    /// What the connections are like.
    public var network = Network()
    /// How large the buffers are.
    public var limits = Limits()
    /// Whether updates are verified, as by a signature, before they are accepted.
    public var verifies = false
    /// Whether sources have names that Swift and JavaScript order differently.
    public var hasOddNames = false
    /// The peers that keep nothing on a disk; each start of theirs is under a new source.
    public var forgetful: [Int] = []
    /// The peers that do not know the actions of the new version yet.
    public var old: [Int] = []
    /// The peers that join later.
    public var absent: [Int] = []
    /// What is done, by ascending time.
    public var steps: [Step] = []

    /// Makes a script without steps.
    public init(seed: UInt64, peers: Int, topology: Topology) {
        self.seed = seed
        self.peers = peers
        self.topology = topology
    }
}

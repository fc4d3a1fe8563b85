// SPDX-License-Identifier: MIT

/// Everything that determines a run: the peers, the network, and the steps with their times.
///
/// A script is data. The same script gives the same run, bit for bit, in every process. It can be
/// printed as text (``description``) and parsed again (``init(_:)``). Any part of a script is a
/// script, too, which makes shrinking possible.
public struct Script: Hashable, Sendable {
    /// The properties of all connections.
    public struct Network: Hashable, Sendable {
        /// The shortest latency, in milliseconds; default 5.
        public var delay = 5
        /// The most by which the latency may be longer, in milliseconds; default 20.
        public var jitter = 20
        /// The bytes per second in each direction; default 0, which means no limit.
        public var bandwidth = 0
        /// The number of bytes in flight from which on a sender must wait; default 65,536.
        public var capacity = 65_536
        /// The most frames into which a write is split, at arbitrary bytes; default 3.
        public var pieces = 3

        /// Creates the default network.
        public init() {}
    }

    /// The sizes of the peers' buffers, which are small so that they fill up.
    public struct Limits: Hashable, Sendable {
        /// The most updates pulled for a connection at once; default 64.
        public var pull = 64
        /// The most updates of a history held back until its SYNC; default 256.
        public var held = 256
        /// The number of entries between two snapshots; default 8.
        public var spacing = 8
        /// The longest time until a peer folds what it has accepted, in milliseconds; default 4.
        public var foldDelay = 4
        /// The longest duration of a write to disk, in milliseconds; default 10.
        public var saveDelay = 10

        /// Creates the default limits.
        public init() {}
    }

    /// The source of all randomness.
    public var seed: UInt64
    /// The number of peers, including those that join later.
    public var peers: Int
    /// Who dials whom.
    public var topology: Topology
    /// The properties of the connections.
    public var network = Network()
    /// The sizes of the buffers.
    public var limits = Limits()
    /// Whether updates are verified before they are accepted, as with a signature.
    public var verifies = false
    /// Whether sources have names that Swift and JavaScript order differently.
    public var hasOddNames = false
    /// The peers without a disk, which start under a new source each time.
    public var forgetful: [Int] = []
    /// The peers that do not yet know the actions of the new version.
    public var old: [Int] = []
    /// The peers that join later.
    public var absent: [Int] = []
    /// For each peer the most updates in its memory, as a cache of its disk; 0 for no limit, as for
    /// those that are not named.
    public var memory: [Int] = []
    /// The number of actions between two checkpoints on the disks of those whose memory is limited;
    /// default 0, which means that there are none.
    public var checkpoints = 0
    /// The percentage of reads from those disks that fail; default 0.
    ///
    /// If it is not 0, half of the starts find a damaged checkpoint.
    public var damage = 0
    /// The steps, in the order of their times.
    public var steps: [Step] = []

    /// Creates a script without steps.
    public init(seed: UInt64, peers: Int, topology: Topology) {
        self.seed = seed
        self.peers = peers
        self.topology = topology
    }
    /// Puts the steps in the order of their times, keeping the order of those with equal times.
    mutating func sortSteps() {
        let order = steps.enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }
        steps = order.map(\.element)
    }
}

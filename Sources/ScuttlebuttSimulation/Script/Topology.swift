// SPDX-License-Identifier: MIT

/// Who dials whom.
public enum Topology: String, CaseIterable, Hashable, Sendable {
    /// Each peer dials its predecessor.
    case line
    /// A line whose ends meet.
    case ring
    /// All dial the first peer, which is the server.
    case star
    /// Each peer dials its parent in a binary tree.
    case tree
    /// Each peer dials all its predecessors.
    case mesh
    /// Two meshes, joined by one connection.
    case bridge
    /// Each peer dials one or two of its predecessors, chosen at random.
    case random
    /// As ``random``, but links are added and removed for good while the script runs.
    case changing

    /// Returns who dials whom, as pairs; every peer can reach every other one.
    public func edges(_ count: Int, seed: UInt64) -> [(dialler: Int, listener: Int)] {
        guard count > 1 else { return [] }
        switch self {
        case .line: return (1..<count).map { ($0, $0 - 1) }
        case .ring:
            let line = Topology.line.edges(count, seed: seed)
            return count > 2 ? line + [(0, count - 1)] : line
        case .star: return (1..<count).map { ($0, 0) }
        case .tree: return (1..<count).map { ($0, ($0 - 1) / 2) }
        case .mesh: return Topology.mesh(0..<count)
        case .bridge:
            let half = (count + 1) / 2
            return Topology.mesh(0..<half) + Topology.mesh(half..<count) + [(half, half - 1)]
        case .random, .changing:
            var random = SplitMix64(seed: seed, lane: 1)
            return (1..<count).flatMap { peer in
                let first = random.below(peer)
                let second = random.below(peer)
                guard second != first, random.chance(50) else { return [(peer, first)] }
                return [(peer, first), (peer, second)]
            }
        }
    }

    private static func mesh(_ peers: Range<Int>) -> [(dialler: Int, listener: Int)] {
        peers.flatMap { peer in
            (peers.lowerBound..<peer).map { (dialler: peer, listener: $0) }
        }
    }
}

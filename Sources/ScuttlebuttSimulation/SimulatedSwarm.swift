// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
public import ScuttlebuttCoding

/// A number of peers that run your reducer in one thread and in virtual time.
///
/// ```swift
/// var swarm = SimulatedSwarm(initial: 0, peers: 4, seed: 1) {
///     (count: inout Int, action: Counter) in …
/// }
/// swarm.partition([0, 1], [2, 3])
/// swarm.dispatch(.increment, at: 0)
/// swarm.heal()
/// try swarm.assertConverged()
/// ```
///
/// Peers are identified by their index, and called `A`, `B`, … in version vectors. Every message is
/// encoded to bytes and decoded again. The same calls with the same seed have the same effect in
/// every process.
public struct SimulatedSwarm<State: Equatable & Sendable, Action: Sendable>: Sendable {
    private var world: World<StoreProgram<State, Action>>
    private let codec: ActionCodec<Action>
    private let isLocalOnly: @Sendable (Action) -> Bool

    /// Creates running peers that dial each other.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action.
    ///   - peers: The number of peers; default 8.
    ///   - seed: The source of all randomness: delays, the splitting of frames, back-off.
    ///   - topology: Who dials whom; by default, everybody dials everybody.
    ///   - codec: Encodes and decodes actions.
    ///   - reducer: An action for which it throws is a recorded no-op.
    public init(
        initial: State, peers: Int = 8, seed: UInt64 = 0, topology: Topology = .mesh,
        codec: ActionCodec<Action>,
        reducer: @escaping @Sendable (inout State, Action) throws -> Void
    ) {
        self.init(
            initial: initial, peers: peers, seed: seed, topology: topology, codec: codec,
            isLocalOnly: { _ in false }, reducer: reducer)
    }

    private init(
        initial: State, peers: Int, seed: UInt64, topology: Topology,
        codec: ActionCodec<Action>, isLocalOnly: @escaping @Sendable (Action) -> Bool,
        reducer: @escaping @Sendable (inout State, Action) throws -> Void
    ) {
        precondition((1...Script.maximumPeers).contains(peers), "a swarm has 1 to 10,000 peers")
        let program = StoreProgram<State, Action>(
            initial: initial,
            encode: { _, _ in nil },
            decode: { payload, _ in (try? codec.decode(payload)) ?? nil },
            reduce: { state, action, _ in
                do {
                    try reducer(&state, action)
                    return .applied
                } catch {
                    return .failed
                }
            })
        world = World(
            program, Script(seed: seed, peers: peers, topology: topology), keepsLines: true)
        self.codec = codec
        self.isLocalOnly = isLocalOnly
    }

    /// Dispatches an action at a peer; does nothing if the peer is down.
    ///
    /// The other peers receive it as time passes; see ``run(milliseconds:)``.
    public mutating func dispatch(_ action: Action, at peer: Int) {
        precondition(world.nodes.indices.contains(peer), "there is no peer \(peer)")
        do {
            let payload = try codec.encode(action)
            if isLocalOnly(action) {
                world.writeLocally(payload, peer)
            } else {
                world.dispatch(payload, peer)
            }
        } catch {
            world.fail(.report, "an action cannot be encoded: \(error)")
        }
    }

    /// Advances virtual time.
    public mutating func run(milliseconds: Int) {
        world.run(until: world.time + Int64(max(milliseconds, 0)) * 1_000)
    }

    /// Separates the groups, so that peers reach only those in the same group, or all in none.
    public mutating func partition(_ groups: [Int]...) {
        perform(.partition(groups, isSilent: false))
    }

    /// Ends the partition.
    public mutating func heal() { perform(.heal) }

    /// Cuts the power of a peer, which loses everything that is not durable.
    public mutating func crash(_ peer: Int) { perform(.crash(peer, kept: 0)) }

    /// Starts a peer that is down, with what is on its disk.
    public mutating func restart(_ peer: Int) { perform(.restart(peer)) }

    /// Performs any command of a script.
    public mutating func perform(_ command: Step.Command) { world.perform(command) }

    /// Ends all faults, restarts all peers, waits until nothing is left to send, and checks that
    /// all peers have the same log and the same state, which must equal a straightforward fold of
    /// that log.
    ///
    /// - Throws: ``BrokenPromiseError`` for the first promise broken since the swarm was created.
    public mutating func assertConverged() throws(BrokenPromiseError) {
        world.settle()
        if let violation = world.violation { throw violation }
    }

    /// Returns the state of a peer, or `nil` while it is down.
    public func state(of peer: Int) -> State? { world.nodes[peer].peer?.observed }

    /// Returns what a peer has from each source as text, such as `A@3 B@5`.
    ///
    /// It includes an own action once that is durable.
    public func vector(of peer: Int) -> String {
        world.nodes[peer].peer?.gossip.vector.description ?? ""
    }

    /// The virtual time that has passed, in milliseconds.
    public var milliseconds: Int { Int(world.time / 1_000) }

    /// The counts of what has happened so far.
    public var figures: Figures { world.figures }

    /// What has happened so far, line by line.
    public var log: [String] { world.log.lines }

    /// A hash of everything that has happened so far.
    public var digest: UInt64 { world.log.digest }
}

extension SimulatedSwarm where Action: GossipAction {
    /// Creates running peers with `Codable` actions, in the flat form of Redux.
    ///
    /// For the parameters, see the other initialiser.
    public init(
        initial: State, peers: Int = 8, seed: UInt64 = 0, topology: Topology = .mesh,
        reducer: @escaping @Sendable (inout State, Action) throws -> Void
    ) {
        self.init(
            initial: initial, peers: peers, seed: seed, topology: topology, codec: .flat,
            isLocalOnly: { $0.isLocalOnly }, reducer: reducer)
    }
}

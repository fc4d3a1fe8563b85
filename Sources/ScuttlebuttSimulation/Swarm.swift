// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
public import ScuttlebuttCoding

/// Some peers that run your reducer, in one thread and over virtual time.
///
/// ```swift
/// var swarm = Swarm(initial: 0, peers: 4, seed: 1) { (count: inout Int, action: Counter) in … }
/// swarm.partition([0, 1], [2, 3])
/// swarm.dispatch(.increment, at: 0)
/// swarm.heal()
/// try swarm.assertConverged()
/// ```
///
/// Peers are named by their index and called `A`, `B`, … in state vectors. Every message is
/// encoded to bytes and read back. The same calls with the same seed do the same in every process.
///
/// In a file that imports `ScuttlebuttRuntime` as well, write `ScuttlebuttSimulation.Swarm`.
public struct Swarm<State: Equatable & Sendable, Action: Sendable>: Sendable {
    private var world: World<StoreProgram<State, Action>>
    private let codec: ActionCodec<Action>
    private let isLocalOnly: @Sendable (Action) -> Bool

    /// Makes running peers that dial each other.
    ///
    /// - Parameters:
    ///   - initial: The state before the first action.
    ///   - peers: How many; default 8.
    ///   - seed: What all chance is derived from: delays, the cutting of frames, back-off.
    ///   - topology: Who dials whom; default everybody everybody.
    ///   - codec: How actions become bytes.
    ///   - reducer: An action for which it throws is a recorded no-op.
    public init(
        initial: State, peers: Int = 8, seed: UInt64 = 0, topology: Topology = .mesh,
        codec: ActionCodec<Action>,
        reducer: @escaping @Sendable (inout State, Action) throws -> Void
    ) {
        self.init(initial, peers, seed, topology, codec, { _ in false }, reducer)
    }

    private init(
        _ initial: State, _ peers: Int, _ seed: UInt64, _ topology: Topology,
        _ codec: ActionCodec<Action>, _ isLocalOnly: @escaping @Sendable (Action) -> Bool,
        _ reducer: @escaping @Sendable (inout State, Action) throws -> Void
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

    /// Dispatches an action at a peer; nothing happens at one that is down.
    ///
    /// Others hear of it while time passes: ``run(milliseconds:)``.
    public mutating func dispatch(_ action: Action, at peer: Int) {
        precondition(world.nodes.indices.contains(peer), "there is no peer \(peer)")
        do {
            let payload = try codec.encode(action)
            guard isLocalOnly(action) else {
                world.dispatch(payload, peer)
                return
            }
            world.writeLocally(payload, peer)
        } catch {
            world.fail(.report, "an action cannot be encoded: \(error)")
        }
    }

    /// Lets so much virtual time pass.
    public mutating func run(milliseconds: Int) {
        world.run(until: world.time + Int64(max(milliseconds, 0)) * 1_000)
    }

    /// From now on only the peers of one group reach each other, and those of no group.
    public mutating func partition(_ groups: [Int]...) {
        perform(.partition(groups, isSilent: false))
    }

    /// From now on everybody reaches everybody.
    public mutating func heal() { perform(.heal) }

    /// A peer loses power: what was not durable is gone.
    public mutating func crash(_ peer: Int) { perform(.crash(peer, kept: 0)) }

    /// A peer that is down starts with what is on its disk.
    public mutating func restart(_ peer: Int) { perform(.restart(peer)) }

    /// Does anything that a script can do.
    public mutating func perform(_ deed: Step.Deed) { world.perform(deed) }

    /// Ends all faults, restarts all peers, waits until nobody has anything to say, and checks that
    /// all have the same log and state, and what an obvious fold of that log gives.
    ///
    /// - Throws: ``Violation``: the first promise that was broken since the swarm was made.
    public mutating func assertConverged() throws(Violation) {
        world.settle()
        if let violation = world.violation { throw violation }
    }

    /// The state of a peer; `nil` while it is down.
    public func state(of peer: Int) -> State? { world.nodes[peer].peer?.observed }

    /// What a peer has of each source, as text: `A@3 B@5`.
    ///
    /// An own action is in it when it is durable.
    public func vector(of peer: Int) -> String {
        world.nodes[peer].peer?.gossip.vector.description ?? ""
    }

    /// How much virtual time has passed, in milliseconds.
    public var milliseconds: Int { Int(world.time / 1_000) }

    /// What happened so far, counted.
    public var figures: Figures { world.figures }

    /// What happened so far, line by line.
    public var log: [String] { world.log.lines }

    /// A hash of all that happened so far.
    public var digest: UInt64 { world.log.digest }
}

extension Swarm where Action: GossipAction {
    /// Makes running peers with `Codable` actions, in the flat form of redux.
    ///
    /// See the other initialiser for the parameters.
    public init(
        initial: State, peers: Int = 8, seed: UInt64 = 0, topology: Topology = .mesh,
        reducer: @escaping @Sendable (inout State, Action) throws -> Void
    ) {
        self.init(initial, peers, seed, topology, .flat, { $0.isLocalOnly }, reducer)
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated data type, as every peer of a world runs it.
///
/// ``Scuttlebutt/Replica`` decides. The reference is a fresh value that was given the same updates
/// in agreed order, so that the type's promise of convergence is what is compared.
public struct ReplicaProgram<Value: Replicated, Observed: Equatable & Sendable>: SimulatedProgram {
    /// The rules by which lines are written and read.
    public let wire: ClassicWire
    /// Whether the value gives on every update that it took.
    public let retainsEverything: Bool
    /// A value takes each update as it comes.
    public let foldsLater = false
    /// Scripts bring signatures for actions only.
    public let canVerify = false
    let make: @Sendable (Source) -> Value
    let observe: @Sendable (Value) -> Observed
    /// Prepares a write of some randomness from the current value.
    public let writing: @Sendable (Value, inout SplitMix64) -> Payload?

    /// Makes a program of a data type whose writes are prepared from its current value.
    ///
    /// - Parameters:
    ///   - wire: The upstream rules, unless the type carries actions.
    ///   - retainsEverything: `false` for a type that forgets what was overwritten.
    ///   - make: Makes the value of a peer that has seen nothing and writes as a source.
    ///   - observe: What of the value must be equal where the same updates are.
    ///   - writing: Prepares a write of some randomness; `nil` when there is nothing to write.
    public init(
        wire: ClassicWire = ClassicWire(rules: .upstream), retainsEverything: Bool = true,
        making make: @escaping @Sendable (Source) -> Value,
        observe: @escaping @Sendable (Value) -> Observed,
        writing: @escaping @Sendable (Value, inout SplitMix64) -> Payload?
    ) {
        self.wire = wire
        self.retainsEverything = retainsEverything
        self.make = make
        self.observe = observe
        self.writing = writing
    }

    /// Makes a program of a data type whose payloads can be made up.
    ///
    /// - Parameters:
    ///   - wire: The upstream rules, unless the type carries actions.
    ///   - retainsEverything: `false` for a type that forgets what was overwritten.
    ///   - make: Makes the value of a peer that has seen nothing.
    ///   - observe: What of the value must be equal where the same updates are.
    ///   - payloads: Makes a payload of some randomness.
    public init(
        wire: ClassicWire = ClassicWire(rules: .upstream), retainsEverything: Bool = true,
        make: @escaping @Sendable () -> Value,
        observe: @escaping @Sendable (Value) -> Observed,
        payloads: @escaping @Sendable (inout SplitMix64) -> Payload
    ) {
        self.init(
            wire: wire, retainsEverything: retainsEverything, making: { _ in make() },
            observe: observe, writing: { payloads(&$1) })
    }

    /// Makes the replica of one peer.
    public func peer(_ traits: PeerTraits) -> ReplicaPeer<Value, Observed> {
        ReplicaPeer(self, traits)
    }

    /// What a stranger with an empty value would write; data types have no versions.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? {
        var random = SplitMix64(seed: number)
        return writing(make(Self.stranger), &random)
    }

    /// Who writes nothing here: the source of values that are only looked at.
    static var stranger: Source {
        guard let source = Source("reference") else { preconditionFailure("a plain name") }
        return source
    }

    /// What a fresh value shows that was given the entries in agreed order.
    public func reference(_ entries: [ReferenceEntry], isNew: Bool) -> Observed {
        var value = make(Self.stranger)
        for entry in entries {
            guard let stamp = entry.stamp else { continue }
            value.apply(
                Update(
                    payload: entry.payload, timestamp: stamp.timestamp, source: stamp.source))
        }
        return observe(value)
    }
}

/// The replica of one peer, with the wall clock of the upstream types.
public struct ReplicaPeer<Value: Replicated, Observed: Equatable & Sendable>: SimulatedPeer {
    /// What decides.
    public var replica: Replica<Value>
    private let program: ReplicaProgram<Value, Observed>

    init(_ program: ReplicaProgram<Value, Observed>, _ traits: PeerTraits) {
        var configuration = ReplicaConfiguration()
        configuration.wire = program.wire
        configuration.savesUpdates = traits.saves
        configuration.verifies = traits.verifies
        replica = Replica(
            program.make(traits.source), source: traits.source, configuration: configuration)
        self.program = program
    }

    /// Prepares a write from the current value.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? {
        var random = SplitMix64(seed: number)
        return program.writing(replica.value, &random)
    }

    /// Writes; peers get it when it is saved, or now without a disk.
    public mutating func write(
        _ payload: Payload, wallClock milliseconds: Double,
        into effects: inout [ReplicaEffect<Value.Change>]
    ) -> Update? {
        try? replica.write(payload, wallClock: milliseconds, into: &effects)
    }

    /// A data type has no local-only writes.
    public mutating func writeLocally(_ payload: Payload) -> Bool { false }

    /// Nothing is left to do: a value shows what it accepted at once.
    public mutating func fold(_ updates: [Update]) -> Int { 0 }

    /// A data type has no versions.
    public mutating func upgrade() {}

    /// What the value gives on to a peer that has nothing.
    public var retained: [Update] {
        replica.value.history(since: VersionVector()).filter { replica.gossip.covers($0.stamp) }
            .sorted { $0.stamp < $1.stamp }
    }

    /// What the value shows.
    public var observed: Observed { program.observe(replica.value) }

    /// Says whether the history, as a whole or in pieces, is not all that the value is.
    public func brokenLaw() -> String? {
        let history = replica.value.history(since: VersionVector())
        var whole = program.make(ReplicaProgram<Value, Observed>.stranger)
        for update in history where whole.apply(update) != .applied {
            return "its own type refuses \(update.stamp.text) of its history"
        }
        if program.observe(whole) != observed {
            return "its history makes \(program.observe(whole)) where it is \(observed)"
        }
        var (known, pieces) = (VersionVector(), [Update]())
        while pieces.count <= history.count {
            let piece = replica.value.delta(since: known, limit: DeltaLimit(updates: 3))
            if piece.isEmpty { break }
            for update in piece { known.advance(update.source, to: update.timestamp) }
            pieces += piece
        }
        guard
            pieces.sorted(by: { $0.stamp < $1.stamp })
                == history.sorted(by: { $0.stamp < $1.stamp })
        else {
            return "its history in pieces has \(pieces.count) of \(history.count) updates"
        }
        return nil
    }

    /// A replica has no counts of its own.
    public func brokenInvariant(foldedCount: Int) -> String? { nil }
}

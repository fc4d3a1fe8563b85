// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated data type, run by every peer of a world.
///
/// Each peer is a ``/Scuttlebutt/Replica``. The reference is a new value to which the same updates
/// are applied in agreed order, so that the comparison checks the type's promise of convergence.
public struct ReplicaProgram<Value: Replicated, Observed: Equatable & Sendable>: SimulatedProgram {
    /// The rules for writing and reading lines.
    public let wire: ClassicWire
    /// Whether the value retains every update that it applied.
    public let retainsEverything: Bool
    /// False: a value applies each update when it is accepted.
    public let foldsLater = false
    /// False: scripts have signatures only for actions.
    public let canVerify = false
    let make: @Sendable (Source) -> Value
    let observe: @Sendable (Value) -> Observed
    /// Prepares a random write to the current value.
    public let writing: @Sendable (Value, inout SplitMix64) -> Payload?

    /// Creates a program from a data type whose writes depend on its current value.
    ///
    /// - Parameters:
    ///   - wire: The upstream rules, unless the type carries actions.
    ///   - retainsEverything: `false` for a type that drops superseded updates.
    ///   - make: Creates the value of a peer that writes as a source and has seen nothing.
    ///   - observe: Returns the part of the value that must be equal for equal updates.
    ///   - writing: Prepares a random write; returns `nil` if there is nothing to write.
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

    /// Creates a program from a data type whose payloads do not depend on its value.
    ///
    /// - Parameters:
    ///   - wire: The upstream rules, unless the type carries actions.
    ///   - retainsEverything: `false` for a type that drops superseded updates.
    ///   - make: Creates the value of a peer that has seen nothing.
    ///   - observe: Returns the part of the value that must be equal for equal updates.
    ///   - payloads: Creates a random payload.
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

    /// Creates the replica of one peer.
    public func peer(_ traits: PeerTraits) -> ReplicaPeer<Value, Observed> {
        ReplicaPeer(self, traits)
    }

    /// Returns what a stranger with an empty value would write; data types have no versions.
    public func payload(_ number: UInt64, isNewer: Bool) -> Payload? {
        var random = SplitMix64(seed: number)
        return writing(make(Self.stranger), &random)
    }

    /// A source that writes nothing, for values that are only observed.
    static var stranger: Source {
        guard let source = Source("reference") else { preconditionFailure("a plain name") }
        return source
    }

    /// Returns what a new value shows after the entries are applied in agreed order.
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

// SPDX-License-Identifier: MIT

public import ScuttlebuttCoding

/// How a store keeps its state in the storage now and then, so that it need not fold the whole log
/// when it starts or when an action comes very late.
///
/// ```swift
/// let store = try await GossipStore(
///     initial: Library(), reducer: library, storage: storage,
///     checkpoints: Checkpoints(.canonical, reducerVersion: "3"))
/// ```
///
/// A checkpoint is only ever a shortcut: without any, and with one that turns out to be damaged,
/// the state is folded from the log.
public struct Checkpoints<State: Sendable>: Sendable {
    /// How the state becomes bytes.
    public var coding: StateCoding<State>
    /// The version of the reducer.
    ///
    /// Change it with every change of the reducer, or of the actions that it knows, that makes a
    /// different state of the same log: checkpoints of other versions are passed over.
    public var reducerVersion: String
    /// The least number of actions between two checkpoints; default 10,000.
    ///
    /// A large state is stored less often, so that checkpoints do not take more bytes than the
    /// actions between them.
    public var interval = 10_000
    /// Whether a store that lacks much takes the state of a peer first: as many updates as the peer
    /// has between two checkpoints.
    public var joining = Joining()

    /// Creates the settings.
    public init(_ coding: StateCoding<State>, reducerVersion: String) {
        self.coding = coding
        self.reducerVersion = reducerVersion
    }
}

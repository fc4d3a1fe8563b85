// SPDX-License-Identifier: MIT

/// Makes stores, of any state and action.
public protocol StoreCreator: Sendable {
    /// Hears of the faults of the stores that are made.
    var onFault: FaultHandler? { get }

    /// The exclusive kinds of the enhancers that this creator has been through.
    var exclusiveKinds: [EnhancerKind] { get }

    /// Makes a store.
    ///
    /// - Parameter initial: The first state, or `nil` where the reducer is to make it.
    /// - Throws: A ``StoreFault`` when there is no first state, or when an enhancer refuses.
    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action>
}

extension StoreCreator {
    /// None; `enhanced(by:)` keeps the handler of the creator that it started from.
    public var onFault: FaultHandler? { nil }

    /// None; `enhanced(by:)` keeps count for creators that do not.
    public var exclusiveKinds: [EnhancerKind] { [] }

    /// The creator that `enhancer` makes of this one.
    ///
    /// An exclusive enhancer that is already in there is not applied again: the creator then
    /// throws ``StoreFault/Code/duplicateEnhancer``.
    public func enhanced(by enhancer: any StoreEnhancer) -> any StoreCreator {
        if let kind = enhancer.exclusiveKind, exclusiveKinds.contains(kind) {
            return RefusingCreator(
                onFault: onFault,
                fault: StoreFault(
                    .duplicateEnhancer,
                    "the enhancer \(kind.name) is applied twice; name it once in compose"))
        }
        let made = enhancer.enhance(self)
        var kinds = exclusiveKinds
        for kind in made.exclusiveKinds + [enhancer.exclusiveKind].compactMap({ $0 })
        where !kinds.contains(kind) {
            kinds.append(kind)
        }
        return EnhancedCreator(base: made, onFault: onFault, exclusiveKinds: kinds)
    }
}

/// Changes how stores are made, and so what they can do.
///
/// It is a protocol with generic methods since an enhancer may lift the state: the store inside
/// then holds another type of state than the one that the program sees. What an enhancer does not
/// replace it must lift as well, the reducer above all; ``LiftedStore`` and ``StoreWrapper`` do.
public protocol StoreEnhancer: Sendable {
    /// Set for an enhancer that a store can have only once, such as gossip or developer tools.
    var exclusiveKind: EnhancerKind? { get }

    /// Makes of a creator another one.
    func enhance(_ next: any StoreCreator) -> any StoreCreator
}

extension StoreEnhancer {
    /// None: the enhancer may be applied any number of times.
    public var exclusiveKind: EnhancerKind? { nil }
}

/// The name that all enhancers of one exclusive kind share.
public struct EnhancerKind: Hashable, Sendable {
    /// The name, for messages.
    public let name: String

    /// Makes a kind.
    public init(_ name: String) { self.name = name }
}

/// Makes one enhancer of several: the first is outermost, as in `a(b(c(create)))`.
///
/// None leaves the creator unchanged, and of one comes that one.
public func compose(_ enhancers: any StoreEnhancer...) -> any StoreEnhancer { compose(enhancers) }

/// Makes one enhancer of several: the first is outermost, as in `a(b(c(create)))`.
///
/// None leaves the creator unchanged, and of one comes that one.
public func compose(_ enhancers: [any StoreEnhancer]) -> any StoreEnhancer {
    if let only = enhancers.first, enhancers.count == 1 { return only }
    return ComposedEnhancer(enhancers: enhancers)
}

private struct ComposedEnhancer: StoreEnhancer {
    let enhancers: [any StoreEnhancer]

    func enhance(_ next: any StoreCreator) -> any StoreCreator {
        enhancers.reversed().reduce(next) { $0.enhanced(by: $1) }
    }
}

private struct EnhancedCreator: StoreCreator {
    let base: any StoreCreator
    let onFault: FaultHandler?
    let exclusiveKinds: [EnhancerKind]

    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        try base.create(initial, reducer)
    }
}

private struct RefusingCreator: StoreCreator {
    let onFault: FaultHandler?
    let fault: StoreFault

    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        throw fault
    }
}

/// Makes plain stores; what every chain of enhancers starts from.
public struct PlainStoreCreator: StoreCreator {
    /// Hears of the faults of the stores that are made.
    public let onFault: FaultHandler?

    /// Makes a creator of plain stores.
    public init(onFault: FaultHandler? = nil) { self.onFault = onFault }

    /// Makes a plain store.
    ///
    /// A given first state is kept for as long as the store lives, as the answer to a reducer that
    /// reads its store against the rule; one that the reducer makes is not.
    public func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        try StoreCore(initial: initial, reducer: reducer, onFault: onFault)
    }
}

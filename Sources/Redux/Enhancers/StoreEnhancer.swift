// SPDX-License-Identifier: MIT

/// Creates stores for any types of state and action.
public protocol StoreCreator: Sendable {
    /// Receives the errors of the created stores.
    var onFault: FaultHandler? { get }

    /// The exclusive kinds of the enhancers that have been applied to this creator.
    var exclusiveKinds: [EnhancerKind] { get }

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - initial: The initial state, or `nil` if the reducer provides it.
    ///   - reducer: The reducer of the store.
    /// - Throws: A ``StoreFault`` if there is no initial state or an enhancer refuses.
    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action>
}

extension StoreCreator {
    /// The default, `nil`; `enhanced(by:)` keeps the handler of the original creator.
    public var onFault: FaultHandler? { nil }

    /// The default, an empty array; `enhanced(by:)` tracks the kinds for all creators.
    public var exclusiveKinds: [EnhancerKind] { [] }

    /// Returns this creator enhanced by `enhancer`.
    ///
    /// If an exclusive enhancer of the same kind has already been applied, the returned creator
    /// throws ``StoreFault/Code/duplicateEnhancer`` instead.
    public func enhanced(by enhancer: any StoreEnhancer) -> any StoreCreator {
        if let kind = enhancer.exclusiveKind, exclusiveKinds.contains(kind) {
            return RefusingCreator(
                onFault: onFault,
                fault: StoreFault(
                    .duplicateEnhancer,
                    "the enhancer \(kind.name) is applied twice; apply it only once"))
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

/// Changes how stores are created, and thereby what they can do.
///
/// Its methods are generic because an enhancer can lift the state: the store inside then holds
/// another type of state than the program sees. Such an enhancer must also lift everything that it
/// does not replace, above all the reducer, or use ``StoreWrapper`` to forward it.
public protocol StoreEnhancer: Sendable {
    /// The kind of an enhancer that a store can have only once, such as gossip or developer tools.
    var exclusiveKind: EnhancerKind? { get }

    /// Returns a creator that enhances `next`.
    func enhance(_ next: any StoreCreator) -> any StoreCreator
}

extension StoreEnhancer {
    /// The default, `nil`: the enhancer can be applied any number of times.
    public var exclusiveKind: EnhancerKind? { nil }
}

/// A kind of enhancer that a store can have only once.
public struct EnhancerKind: Hashable, Sendable {
    /// The name used in messages.
    public let name: String

    /// Creates a kind.
    public init(_ name: String) { self.name = name }
}

/// Combines enhancers into one.
///
/// The first is outermost, as in `a(b(c(create)))`.
///
/// Without enhancers, the result leaves creators unchanged. A single enhancer is returned as is.
public func compose(_ enhancers: any StoreEnhancer...) -> any StoreEnhancer { compose(enhancers) }

/// Combines enhancers into one.
///
/// The first is outermost, as in `a(b(c(create)))`.
///
/// Without enhancers, the result leaves creators unchanged. A single enhancer is returned as is.
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

/// Creates plain stores, as the start of every chain of enhancers.
public struct PlainStoreCreator: StoreCreator {
    /// Receives the errors of the created stores.
    public let onFault: FaultHandler?

    /// Creates a creator of plain stores.
    public init(onFault: FaultHandler? = nil) { self.onFault = onFault }

    /// Creates a plain store.
    ///
    /// An initial state passed here is retained for the lifetime of the store, as the answer to a
    /// reducer that reads its store against the rules. One provided by the reducer is not retained.
    public func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        try StoreCore(initial: initial, reducer: reducer, onFault: onFault)
    }
}

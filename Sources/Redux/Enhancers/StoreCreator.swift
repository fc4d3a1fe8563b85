// SPDX-License-Identifier: MIT

/// Creates stores for any types of state and action.
public protocol StoreCreator: Sendable {
    /// Receives the errors of the created stores.
    var onFault: StoreErrorHandler? { get }

    /// The exclusive kinds of the enhancers that have been applied to this creator.
    var exclusiveKinds: [EnhancerKind] { get }

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - initial: The initial state, or `nil` if the reducer provides it.
    ///   - reducer: The reducer of the store.
    /// - Throws: A ``StoreError`` if there is no initial state or an enhancer refuses.
    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action>
}

extension StoreCreator {
    /// The default, `nil`; `enhanced(by:)` keeps the handler of the original creator.
    public var onFault: StoreErrorHandler? { nil }

    /// The default, an empty array; `enhanced(by:)` tracks the kinds for all creators.
    public var exclusiveKinds: [EnhancerKind] { [] }

    /// Returns this creator enhanced by `enhancer`.
    ///
    /// If an exclusive enhancer of the same kind has already been applied, the returned creator
    /// throws ``StoreError/Code/duplicateEnhancer`` instead.
    public func enhanced(by enhancer: any StoreEnhancer) -> any StoreCreator {
        if let kind = enhancer.exclusiveKind, exclusiveKinds.contains(kind) {
            return RefusingCreator(
                onFault: onFault,
                fault: StoreError(
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

private struct EnhancedCreator: StoreCreator {
    let base: any StoreCreator
    let onFault: StoreErrorHandler?
    let exclusiveKinds: [EnhancerKind]

    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        try base.create(initial, reducer)
    }
}

private struct RefusingCreator: StoreCreator {
    let onFault: StoreErrorHandler?
    let fault: StoreError

    func create<State: Sendable, Action: Sendable>(
        _ initial: State?, _ reducer: Reducer<State, Action>
    ) throws -> any StoreProtocol<State, Action> {
        throw fault
    }
}

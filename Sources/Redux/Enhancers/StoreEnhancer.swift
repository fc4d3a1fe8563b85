// SPDX-License-Identifier: MIT

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

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A value that changes by operations, each with the stamp of the action that carries it.
///
/// An app works in two steps. Where it dispatches, it *prepares* an operation from the state it
/// sees and puts it into its action; the reducer *applies* it with the stamp of the action:
///
/// ```swift
/// dispatch(.untag(state.tags.makeRemove("urgent")))              // prepare
/// case .untag(let operation): state.tags.apply(operation, at: stamp)  // apply, in the reducer
/// ```
///
/// What an implementor promises:
/// * `apply` reads nothing but its arguments, never traps, and ends in the same state everywhere.
/// * An operation that names something unknown (an action may come before the one it refers to)
///   leaves no trace that depends on the order of arrival.
/// * A second operation with the stamp of an earlier one changes nothing but what the earlier one
///   could have changed. The caller promises in turn **one operation per stamp and value**: a
///   reducer that applies two operations of one action to the same value has to merge them first.
/// * Encoding has one order: equal values encode to equal bytes.
public protocol OperationBased<Operation>: Codable, Equatable, Sendable {
    /// What a dispatched action carries.
    associatedtype Operation: Codable, Equatable, Sendable

    /// Makes the value as it is before any operation.
    init()

    /// Changes the value as the action with this stamp asks.
    mutating func apply(_ operation: Operation, at stamp: Stamp)

    /// Drops what only operations before `stamp` could still ask for.
    ///
    /// The caller promises that all actions before `stamp` have been applied here, and that every
    /// action still to come was dispatched by a peer that had seen them. Operations before `stamp`
    /// are ignored afterwards. What is dropped is part of the state: replicas that compare states
    /// have to compact at the same places.
    mutating func compact(stableBefore stamp: Stamp)
}

/// Values for which any two operations may change places.
///
/// The conformance is the declaration: the state after a set of operations depends on the set
/// alone, not on the order in which they were applied nor on how often, also when they are
/// applied out of their source's order. A history that has to insert an action in front of others
/// may then apply it to the newest state instead of rewinding, as long as all actions in between
/// touch such values only, and no action reads one value to change another.
///
/// Never conform a type for which this holds only for operations that were dispatched one after
/// another: the skipped rewind would make replicas differ, without an error.
public protocol CommutingOperations: OperationBased {}

/// Values whose states can be joined: what two replicas have becomes one.
///
/// Joining is commutative, associative and idempotent, and joining the states of two sets of
/// operations is the state of both sets together.
public protocol Mergeable {
    /// Takes in all that `other` has.
    mutating func merge(_ other: Self)
}

extension Mergeable {
    /// The join of both states.
    public func merged(with other: Self) -> Self {
        var result = self
        result.merge(other)
        return result
    }
}

/// Values that can be emptied without touching what happens at the same time elsewhere.
///
/// ``ORMap`` uses it so that a key which is removed and added again starts empty.
public protocol Clearable: OperationBased {
    /// The operation that takes back all that has been applied here, or `nil` when there is nothing
    /// to take back.
    ///
    /// What others have done without our seeing it survives.
    func makeClear() -> Operation?
}

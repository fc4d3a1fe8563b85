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

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A value that changes by operations, each with the stamp of the action that carries it.
///
/// An app works in two steps. Where it dispatches, it *makes* an operation from the current state
/// and puts it into an action. The reducer *applies* it with the stamp of the action:
///
/// ```swift
/// if let operation = state.tags.makeRemove("urgent") { dispatch(.untag(operation)) }
/// case .untag(let operation): state.tags.apply(operation, at: stamp)  // in the reducer
/// ```
///
/// A method `makeX` makes the operation `x`. It changes nothing, and returns `nil` if there is
/// nothing to do.
///
/// Requirements for conforming types:
/// * `apply` reads nothing but its arguments, never traps, and has the same result everywhere.
/// * An operation that refers to something unknown (an action may arrive before the one it refers
///   to) leaves no trace that depends on the order of arrival.
/// * A second operation with the stamp of an earlier one changes nothing but what the earlier one
///   could have changed. In turn the caller applies only **one operation per stamp and value**: a
///   reducer that applies two operations of one action to the same value has to merge them first.
/// * Equal values encode to equal bytes.
public protocol OperationBased<Operation>: Codable, Equatable, Sendable {
    /// What a dispatched action carries.
    associatedtype Operation: Codable, Equatable, Sendable

    /// Creates the value as it is before any operation.
    init()

    /// Applies the operation of the action with this stamp.
    ///
    /// - Returns: Whether the value has the operation. What is ``OperationOutcome/tooLate`` may be
    ///   lost, so a reducer should report it.
    @discardableResult
    mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome

    /// Drops what only operations before `stamp` could still refer to.
    ///
    /// The caller guarantees that all actions before `stamp` have been applied here, and that every
    /// later action was dispatched by a peer that had seen them. Operations before `stamp` are
    /// ``OperationOutcome/tooLate`` afterwards, unless the type needs no metadata to apply them.
    ///
    /// What is dropped is part of the state: replicas that compare states have to compact at the
    /// same stamps.
    mutating func compact(stableBefore stamp: Stamp)
}

// SPDX-License-Identifier: MIT

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

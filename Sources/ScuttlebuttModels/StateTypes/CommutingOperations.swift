// SPDX-License-Identifier: MIT

/// Values whose operations commute.
///
/// Conforming is a promise: the state after a set of operations depends only on the set, not on the
/// order or the number of times in which they were applied, even if they were applied out of their
/// source's order. A history that has to insert an action before others may then apply it to the
/// newest state instead of rewinding, as long as all actions in between affect only such values and
/// no action reads one value to change another.
///
/// Never conform a type whose operations commute only if they were dispatched one after another:
/// the skipped rewind would make replicas diverge without an error.
public protocol CommutingOperations: OperationBased {}

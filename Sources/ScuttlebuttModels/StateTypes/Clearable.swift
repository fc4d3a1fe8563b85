// SPDX-License-Identifier: MIT

/// Values that can be emptied without affecting concurrent changes.
///
/// ``ORMap`` uses this so that a key that is removed and added again starts empty.
public protocol Clearable: OperationBased {
    /// Creates the operation that takes back everything that was applied here; `nil` if there is
    /// nothing to take back.
    ///
    /// Changes by others that have not been seen here survive.
    func makeClear() -> Operation?
}

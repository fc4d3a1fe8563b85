// SPDX-License-Identifier: MIT

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

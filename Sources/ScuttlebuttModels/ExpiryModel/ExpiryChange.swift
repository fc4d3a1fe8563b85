// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A change of one key of a ``ReplicatedExpiryModel``.
///
/// Read the current value from the model: merging an object for every change would be expensive.
public struct ExpiryChange<Value: Codable & Sendable>: Sendable {
    /// Which key changed.
    public let key: PropertyKey
    /// Why the key changed.
    public let cause: ExpiryCause
    /// The stamp of the update that was written, that expired, or that was the newest when the key
    /// was evicted.
    public let stamp: Stamp
    /// The JSON that was written, before merging; `nil` for other causes.
    public let rawValue: [UInt8]?
}

/// Why a key of a ``ReplicatedExpiryModel`` changed.
public enum ExpiryCause: Hashable, Sendable {
    /// An update wrote the key; `null` deletes.
    case written
    /// An update that had written the key became too old.
    case expired
    /// The model had too many keys.
    case evicted
}

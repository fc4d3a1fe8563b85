// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// What happened to a key of a ``ReplicatedExpiryModel``.
///
/// What the key holds now is asked of the model: a merged object would be costly to put together
/// for each of its changes.
public struct ExpiryChange<Value: Codable & Sendable>: Sendable {
    /// Which key changed.
    public let key: PropertyKey
    /// Why.
    public let cause: ExpiryCause
    /// The update that wrote, or that expired, or the newest one that was evicted.
    public let stamp: Stamp
    /// The JSON that was written, before it was merged; `nil` for other causes.
    public let rawValue: [UInt8]?

    init(core: ExpiryCore.Change) {
        key = core.key
        cause = core.cause
        stamp = core.stamp
        rawValue = core.value
    }
}

/// Why a key of a ``ReplicatedExpiryModel`` changed.
public enum ExpiryCause: Hashable, Sendable {
    /// An update wrote it; `null` deletes.
    case written
    /// An update that had written it became too old.
    case expired
    /// There were too many keys.
    case evicted
}

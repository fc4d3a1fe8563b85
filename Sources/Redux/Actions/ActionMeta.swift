// SPDX-License-Identifier: MIT
public import Scuttlebutt

/// The position of an action in the order that all peers agree on.
///
/// Both properties are `nil` in a plain store, and for local actions of a gossiping store. The
/// reducer receives the meta separately from the action, so it cannot end up in the action's bytes.
public struct ActionMeta: Sendable, Hashable {
    /// The logical time of the action, or `nil` if it is local.
    public var timestamp: Timestamp?
    /// The peer that dispatched the action, or `nil` if it is local.
    public var source: Source?

    /// Creates the meta of an action.
    @inlinable
    public init(timestamp: Timestamp? = nil, source: Source? = nil) {
        self.timestamp = timestamp
        self.source = source
    }

    /// Creates the meta of the action with this place in the agreed order.
    @inlinable
    public init(_ stamp: Stamp) {
        timestamp = stamp.timestamp
        source = stamp.source
    }

    /// The place of the action in the agreed order, or `nil` if it is local.
    @inlinable
    public var stamp: Stamp? {
        guard let timestamp, let source else { return nil }
        return Stamp(timestamp: timestamp, source: source)
    }

    /// The meta of a local action, which a plain store passes for all actions.
    @inlinable
    public static var local: ActionMeta { ActionMeta() }

    /// Returns an identifier that is the same on every peer: `T-SOURCE`, or `T-SOURCE-n` for `n`
    /// above 0.
    ///
    /// Use it instead of a random number to identify what an action creates, with a different `n`
    /// for each if there are several. An integral time is printed as an integer. For a local
    /// action, the result is `local` or `local-n`, which is **not** unique: a reducer that uses
    /// identifiers from here needs a gossiping store, or identifiers in its actions.
    ///
    /// - Complexity: O(n), where n is the length of the source.
    public func id(_ n: Int = 0) -> String {
        var text = "local"
        if let timestamp, let source {
            let value = timestamp.value
            // At most 2^53 − 1, so the conversion is exact.
            let time = value.rounded(.towardZero) == value ? "\(Int64(value))" : "\(value)"
            text = "\(time)-\(source.text)"
        }
        return n > 0 ? "\(text)-\(n)" : text
    }
}

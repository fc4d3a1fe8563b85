// SPDX-License-Identifier: MIT
public import Scuttlebutt

/// Where an action stands in the order that all peers agree on.
///
/// Both parts are `nil` in a plain store, and for local actions of a gossiping one. The meta is
/// handed to the reducer beside the action, so it can never be written into the action's bytes.
public struct ActionMeta: Sendable, Hashable {
    /// The logical time of the action, or `nil` when it has no place among the peers.
    public var timestamp: Timestamp?
    /// The peer that dispatched the action, or `nil` when it has no place among the peers.
    public var source: Source?

    /// Makes the meta of an action.
    @inlinable
    public init(timestamp: Timestamp? = nil, source: Source? = nil) {
        self.timestamp = timestamp
        self.source = source
    }

    /// The meta of an action without a place among the peers; what a plain store passes.
    @inlinable
    public static var local: ActionMeta { ActionMeta() }

    /// An identifier that is the same on every peer: `T-SOURCE`, and `T-SOURCE-n` above 0.
    ///
    /// Use it instead of a random number for the things that an action creates; count `n` up when
    /// one action creates several. The time is printed as an integer when it is one. Without a
    /// stamp the answer is `local` (or `local-n`), which is **not** unique: a reducer that names
    /// things this way needs a gossiping store, or identifiers in its actions.
    ///
    /// - Complexity: O(length of the source).
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

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A single replicated value.
///
/// The write with the greatest stamp wins, and some earlier writes stay readable.
///
/// It uses the wire format of the original's `r-value`: an update is any JSON value. If timestamps
/// are equal, the source decides.
///
/// The retained writes are those with the greatest stamps, so peers with the same ``historyLength``
/// retain the same ones. Peers with different lengths agree on the value.
public struct ReplicatedValue<Value: Codable & Sendable>: Replicated, Dumpable, Sendable {
    private var core: ValueCore

    /// Creates a value without a write.
    ///
    /// - Parameter historyLength: How many writes to retain, including the current one; at least 1,
    ///   which is the default. More cost memory here, and traffic at every handshake with a new
    ///   peer.
    public init(historyLength: Int = 1) { core = ValueCore(limit: max(1, historyLength)) }

    /// The most writes that are retained, including the current one.
    public var historyLength: Int { core.limit }

    /// The value, or `nil` if none was written or it has another shape.
    public var value: Value? { rawValue.flatMap { ValueCoding.decode(Value.self, from: $0) } }

    /// The JSON of the value, or `nil` if none was written.
    public var rawValue: [UInt8]? { core.retained.last?.payload }

    /// When and by whom the value was written.
    public var stamp: Stamp? { core.retained.last?.stamp }

    /// The retained values, newest first, with `nil` for a value of another shape.
    public var past: [Value?] {
        core.retained.reversed().map { ValueCoding.decode(Value.self, from: $0.payload) }
    }

    /// The retained writes as JSON with their stamps, newest first.
    public var rawPast: [(stamp: Stamp, value: [UInt8])] {
        core.retained.reversed().map { (stamp: $0.stamp, value: $0.payload) }
    }

    /// Creates the update that writes a value.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the value.
    public func makeSet(_ value: Value) throws -> Payload { try ValueCoding.encode(value) }

    /// Applies an update.
    ///
    /// It changes nothing if it is older than all retained writes and their number is at the limit.
    ///
    /// - Complexity: O(``historyLength``).
    public mutating func apply(
        _ update: Update, changes: inout [ValueChange<Value>]?
    ) -> Application {
        let old = changes == nil ? nil : core.retained.last?.payload
        guard core.apply(update) else { return .applied }
        changes?.append(
            ValueChange(stamp: update.stamp, rawOldValue: old, rawValue: update.payload))
        return .applied
    }

    /// The retained writes that `known` does not cover, in agreed order.
    ///
    /// - Complexity: O(``historyLength``).
    public func history(since known: VersionVector) -> [Update] {
        core.retained.filter { !known.covers($0.stamp) }
    }

    /// The bytes of the retained writes.
    public var retainedByteCount: Int { core.byteCount }

    /// Appends the value, or `null` if none was written.
    public func appendDump(to output: inout [UInt8]) {
        output.append(contentsOf: rawValue ?? Array("null".utf8))
    }
}

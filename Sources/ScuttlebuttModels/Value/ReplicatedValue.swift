// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One replicated value: the write with the largest stamp wins, and some of those before it stay
/// readable.
///
/// Speaks the wire of the original's `r-value`: an update is any JSON value. Equal timestamps are
/// decided by the source.
///
/// The retained values are those with the largest stamps of all that was written, so peers with the
/// same ``historyLength`` hold the same ones. With different lengths they agree on the value.
public struct ReplicatedValue<Value: Codable & Sendable>: Replicated, Dumpable, Sendable {
    private var core: ValueCore

    /// Makes a value that nobody has written yet.
    ///
    /// - Parameter historyLength: How many written values are retained, the current one included;
    ///   at least 1, which is the default. More cost memory here and on the wire at every
    ///   handshake with a new peer.
    public init(historyLength: Int = 1) { core = ValueCore(limit: max(1, historyLength)) }

    /// How many written values are retained at most, the current one included.
    public var historyLength: Int { core.limit }

    /// The value; `nil` if none was written, or one of another shape.
    public var value: Value? { rawValue.flatMap { ValueCoding.decode(Value.self, from: $0) } }

    /// The JSON of the value; `nil` if none was written.
    public var rawValue: [UInt8]? { core.retained.last?.payload }

    /// When and by whom the value was written.
    public var stamp: Stamp? { core.retained.last?.stamp }

    /// The retained values, newest first; `nil` stands for one of another shape.
    public var past: [Value?] {
        core.retained.reversed().map { ValueCoding.decode(Value.self, from: $0.payload) }
    }

    /// The retained writes as JSON with their stamps, newest first.
    public var rawPast: [(stamp: Stamp, value: [UInt8])] {
        core.retained.reversed().map { (stamp: $0.stamp, value: $0.payload) }
    }

    /// Prepares writing a value.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express.
    public func makeSet(_ value: Value) throws -> Payload { try ValueCoding.encode(value) }

    /// Takes an update; one older than all retained ones changes nothing.
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

    /// How many bytes the retained writes have.
    public var retainedByteCount: Int { core.byteCount }

    /// Appends the value, or `null` if none was written.
    public func appendDump(to output: inout [UInt8]) {
        output.append(contentsOf: rawValue ?? Array("null".utf8))
    }
}

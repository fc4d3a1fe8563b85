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

/// A ``ReplicatedValue`` became another.
public struct ValueChange<Value: Codable & Sendable>: Sendable {
    /// When and by whom it was written.
    public let stamp: Stamp
    /// The JSON of the value before; `nil` if there was none.
    public let rawOldValue: [UInt8]?
    /// The JSON of the value now.
    public let rawValue: [UInt8]

    /// The value before; `nil` if there was none, or one of another shape.
    public var oldValue: Value? {
        rawOldValue.flatMap { ValueCoding.decode(Value.self, from: $0) }
    }
    /// The value now; `nil` if it has another shape.
    public var value: Value? { ValueCoding.decode(Value.self, from: rawValue) }
}

/// The value without its type: the newest writes, ascending.
struct ValueCore: Sendable {
    let limit: Int
    private(set) var retained: [Update] = []
    private(set) var byteCount = 0

    init(limit: Int) { self.limit = limit }

    /// Takes a write in its place; answers whether it is the newest.
    mutating func apply(_ update: Update) -> Bool {
        let stamp = update.stamp
        var place = retained.count
        while place > 0, stamp < retained[place - 1].stamp { place -= 1 }
        if place > 0, retained[place - 1].stamp == stamp { return false }
        if place == 0, retained.count == limit { return false }
        let isNewest = place == retained.count
        retained.insert(update, at: place)
        byteCount += update.byteCount
        if retained.count > limit { byteCount -= retained.removeFirst().byteCount }
        return isNewest
    }
}

// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated array, wire-compatible with `r-array`.
///
/// Every element has a *sort key*, a string that says where it stands. An update sets items by
/// their keys or removes them; of two updates of one key the one with the greater stamp counts.
///
/// Writes are prepared by functions named in the -ing form, which return a payload and change
/// nothing. They choose new sort keys out of the array's state, the value and the source that is
/// given at the beginning, so that two writers do not choose the same key. Apply each payload
/// before the next one is prepared.
public struct ReplicatedArray<Value: Codable & Sendable>: Sendable {
    private(set) var core: ArrayCore

    /// Makes an empty array.
    ///
    /// - Parameter source: Who will write here, the same source as the replica's: new sort keys
    ///   depend on it. Two writers must not share one.
    public init(source: Source) { core = ArrayCore(source: source) }

    /// Who writes here.
    public var source: Source { core.source }

    /// How many removed sort keys are remembered, so that a peer that was away hears of them.
    public var tombstoneCount: Int { core.tombstones.count }
}

// Looking things up.
extension ReplicatedArray {
    /// The sort key of the element at an index, or `nil` behind the end.
    ///
    /// - Complexity: O(log *n*).
    public func key(at index: Int) -> PropertyKey? {
        indices.contains(index) ? core.items.key(at: index) : nil
    }

    /// Where the element with this sort key stands, or `nil` if there is none.
    ///
    /// - Complexity: O(log *n*).
    public func index(of key: PropertyKey) -> Int? { core.items.find(key)?.index }

    /// All sort keys in order.
    ///
    /// - Complexity: O(*n*).
    public var keys: [PropertyKey] { core.items.map { $0.key } }

    /// The element with this sort key; `nil` if there is none or it is not a `Value`.
    ///
    /// - Complexity: O(log *n*) and that of decoding the element.
    public func value(for key: PropertyKey) -> Value? {
        rawValue(for: key).flatMap { ValueCoding.decode(Value.self, from: $0) }
    }

    /// The JSON of the element with this sort key, or `nil` if there is none.
    ///
    /// - Complexity: O(log *n*) and the element's length.
    public func rawValue(for key: PropertyKey) -> [UInt8]? { core.items.find(key)?.element.bytes }

    /// The JSON of the element at an index, or `nil` behind the end.
    ///
    /// - Complexity: O(log *n*) and the element's length.
    public func rawValue(at index: Int) -> [UInt8]? {
        indices.contains(index) ? core.items[index].element.bytes : nil
    }

    /// All elements that are of type `Value`, in order.
    ///
    /// - Complexity: O(*n*).
    public var values: [Value] { compactMap { $0 } }
}

extension ReplicatedArray: LogBacked, Dumpable {
    /// Takes an update: an object of sort keys with their items, `null` for those removed.
    public mutating func apply(
        _ update: Update, changes: inout [ArrayChange]?
    ) -> Application {
        core.apply(update, changes: &changes)
    }

    /// The updates that a sort key still belongs to.
    public var log: RetainedLog { core.log }

    /// Appends the JSON array of all elements, each with the bytes that its writer gave it.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

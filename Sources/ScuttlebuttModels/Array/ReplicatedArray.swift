// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated array, wire-compatible with `r-array`.
///
/// Every element has a *sort key*, a string that determines its place. An update sets or removes
/// items by their keys; of two updates of one key, the one with the greater stamp wins.
///
/// The `make…` methods return the payload of an update and change nothing. They derive new sort
/// keys from the array's state, the value and the source, so that two writers do not choose the
/// same key. Apply each payload before making the next.
public struct ReplicatedArray<Value: Codable & Sendable>: Sendable {
    private(set) var core: ArrayCore

    /// Creates an empty array.
    ///
    /// - Parameter source: The local writer, the same source as the replica's: new sort keys depend
    ///   on it. Two writers must not share a source.
    public init(source: Source) { core = ArrayCore(source: source) }

    /// The local writer.
    public var source: Source { core.source }

    /// The number of removed sort keys that are remembered for peers that were away.
    public var tombstoneCount: Int { core.tombstones.count }
}

// Looking things up.
extension ReplicatedArray {
    /// The sort key of the element at an index, or `nil` if the index is out of range.
    ///
    /// - Complexity: O(log *n*).
    public func key(at index: Int) -> PropertyKey? {
        indices.contains(index) ? core.items.key(at: index) : nil
    }

    /// The index of the element with this sort key, or `nil` if there is none.
    ///
    /// - Complexity: O(log *n*).
    public func index(of key: PropertyKey) -> Int? { core.items.find(key)?.index }

    /// All sort keys in order.
    ///
    /// - Complexity: O(*n*).
    public var keys: [PropertyKey] { core.items.map { $0.key } }

    /// The element with this sort key, or `nil` if there is none or it is not a `Value`.
    ///
    /// - Complexity: O(log *n*), plus decoding the element.
    public func value(for key: PropertyKey) -> Value? {
        rawValue(for: key).flatMap { ValueCoding.decode(Value.self, from: $0) }
    }

    /// The JSON of the element with this sort key, or `nil` if there is none.
    ///
    /// - Complexity: O(log *n* + length of the element).
    public func rawValue(for key: PropertyKey) -> [UInt8]? { core.items.find(key)?.element.bytes }

    /// The JSON of the element at an index, or `nil` if the index is out of range.
    ///
    /// - Complexity: O(log *n* + length of the element).
    public func rawValue(at index: Int) -> [UInt8]? {
        indices.contains(index) ? core.items[index].element.bytes : nil
    }

    /// All elements that are of type `Value`, in order.
    ///
    /// - Complexity: O(*n*).
    public var values: [Value] { compactMap { $0 } }
}

extension ReplicatedArray: LogBacked, Dumpable {
    /// Applies an update: an object from sort keys to items, where `null` removes.
    public mutating func apply(
        _ update: Update, changes: inout [ArrayChange]?
    ) -> Application {
        core.apply(update, changes: &changes)
    }

    /// The updates that a sort key still belongs to.
    public var log: UpdateLog { core.log }

    /// Appends the JSON array of all elements, each as its writer wrote it.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

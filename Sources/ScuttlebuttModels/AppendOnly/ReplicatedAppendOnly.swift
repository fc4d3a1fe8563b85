// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated list of objects, which are pushed, and removed by id.
///
/// It uses the wire format of the original's `append-only`: an update is `{"push": object}` or
/// `{"remove": "<source>:<timestamp>"}`. The items are in agreed order (quirk Q5).
///
/// A removal stays in the history and so reaches peers that were away. The original forgets it, so
/// such a peer keeps the item (quirk Q6). A removal that arrives before its push waits for it, and
/// a second removal changes nothing; both crash the original.
///
/// Memory: one update per present item and one removal per removed item.
public struct ReplicatedAppendOnly<Item: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core = AppendOnlyCore()

    /// Creates an empty list.
    public init() {}

    /// The number of items.
    public var count: Int { core.items.count }

    /// Whether the list has no items.
    public var isEmpty: Bool { count == 0 }

    /// The items in agreed order.
    ///
    /// - Complexity: O(*n* log sources).
    public var items: [AppendOnlyItem<Item>] {
        core.items.delta(since: VersionVector()).map { AppendOnlyItem($0) }
    }

    /// The item with this id, or `nil` if it has not arrived or was removed.
    ///
    /// - Complexity: O(log *n*).
    public subscript(id: AppendOnlyID) -> AppendOnlyItem<Item>? {
        core.items.update(at: id.stamp).map { AppendOnlyItem($0) }
    }

    /// Whether an item was removed, even if its push has not arrived.
    public func isRemoved(_ id: AppendOnlyID) -> Bool { core.removals[id.stamp] != nil }

    /// Creates the update that pushes an item.
    ///
    /// The stamp of the update becomes the item's id.
    ///
    /// - Throws: `EncodingError` if JSON cannot express the item, or if it is not a JSON object:
    ///   the originals accept nothing else.
    public func makePush(_ item: Item) throws -> Payload {
        let object = try ValueCoding.encode(item)
        guard object.first == UInt8(ascii: "{") else {
            throw EncodingError.invalidValue(
                item, .init(codingPath: [], debugDescription: "only objects can be pushed"))
        }
        return Array("{\"push\":".utf8) + object + [UInt8(ascii: "}")]
    }

    /// Creates the update that removes an item, which need not have arrived.
    ///
    /// - Returns: `nil` if the item was already removed.
    public func makeRemove(_ id: AppendOnlyID) -> Payload? {
        guard !isRemoved(id) else { return nil }
        var payload = Array("{\"remove\":".utf8)
        JSONString.encode(id.utf8, into: &payload)
        payload.append(UInt8(ascii: "}"))
        return payload
    }

    /// Applies an update.
    ///
    /// - Complexity: O(log *n*).
    public mutating func apply(
        _ update: Update, changes: inout [AppendOnlyChange<Item>]?
    ) -> Application {
        core.apply(update, changes: &changes)
    }

    /// The pushes of the current items, and all removals.
    public var log: UpdateLog { core.log }

    /// Appends an array of all items.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

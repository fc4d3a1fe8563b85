// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated list to which objects are pushed, and from which they can be removed by id.
///
/// Speaks the wire of the original's `append-only`: an update is `{"push": object}` or
/// `{"remove": "<source>:<timestamp>"}`. The items stand in agreed order (quirk Q5).
///
/// A removal stays in the history, so it also reaches peers that were away; the original forgets
/// it, and such a peer keeps the item (quirk Q6). A removal that comes before its push waits for
/// it, and a second one changes nothing; both crash the original.
///
/// Memory: one update per item that is here, and one removal per item that was.
public struct ReplicatedAppendOnly<Item: Codable & Sendable>: LogBacked, Dumpable, Sendable {
    private var core = AppendOnlyCore()

    /// Makes an empty list.
    public init() {}

    /// How many items there are.
    public var count: Int { core.items.count }

    /// Whether there is no item.
    public var isEmpty: Bool { count == 0 }

    /// The items in agreed order.
    ///
    /// - Complexity: O(*n* log sources).
    public var items: [AppendOnlyItem<Item>] {
        core.items.delta(since: VersionVector()).map { AppendOnlyItem($0) }
    }

    /// The item with this id; `nil` if it is not here, or not any more.
    ///
    /// - Complexity: O(log *n*).
    public subscript(id: AppendOnlyID) -> AppendOnlyItem<Item>? {
        core.items.update(at: id.stamp).map { AppendOnlyItem($0) }
    }

    /// Whether an item was removed, before or after its push came.
    public func isRemoved(_ id: AppendOnlyID) -> Bool { core.removals[id.stamp] != nil }

    /// Prepares pushing an item; its id will be the stamp of the update.
    ///
    /// - Throws: `EncodingError` for what JSON cannot express, and for an item that is no JSON
    ///   object: the originals accept nothing else.
    public func makePush(_ item: Item) throws -> Payload {
        let object = try ValueCoding.encode(item)
        guard object.first == UInt8(ascii: "{") else {
            throw EncodingError.invalidValue(
                item, .init(codingPath: [], debugDescription: "only objects can be pushed"))
        }
        return Array("{\"push\":".utf8) + object + [UInt8(ascii: "}")]
    }

    /// Prepares removing an item, which need not have arrived yet.
    ///
    /// - Returns: `nil` when it was removed already.
    public func makeRemove(_ id: AppendOnlyID) -> Payload? {
        guard !isRemoved(id) else { return nil }
        var payload = Array("{\"remove\":".utf8)
        JSONString.encode(id.utf8, into: &payload)
        payload.append(UInt8(ascii: "}"))
        return payload
    }

    /// Takes an update.
    ///
    /// - Complexity: O(log *n*).
    public mutating func apply(
        _ update: Update, changes: inout [AppendOnlyChange<Item>]?
    ) -> Application {
        let (application, change) = core.apply(update)
        switch change {
        case .pushed(let update): changes?.append(.pushed(AppendOnlyItem(update)))
        case .removed(let item, let stamp):
            changes?.append(.removed(AppendOnlyItem(item), by: stamp))
        case nil: break
        }
        return application
    }

    /// The pushes of the current items, and all removals.
    public var log: RetainedLog { core.log }

    /// Appends an array of all items.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}

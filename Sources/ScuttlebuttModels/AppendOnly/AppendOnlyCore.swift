// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A list whose items have no type yet.
///
/// A removal is an entry in `removals`, whether its push is present, was removed or has yet to
/// arrive. If several removals name one item, the earliest is kept.
struct AppendOnlyCore: Sendable {
    /// What an update requests.
    enum Request {
        /// Adds the object at this range of the payload.
        case push(Range<Int>)
        case remove(AppendOnlyID)
    }

    /// Everything that peers may need: the pushes of present items, and one removal per removed
    /// item.
    private(set) var log = UpdateLog()
    /// The pushes of present items.
    private(set) var items = UpdateLog()
    /// The update that removed each removed item.
    private(set) var removals: [Stamp: Stamp] = [:]

    mutating func apply<Item>(
        _ update: Update, changes: inout [AppendOnlyChange<Item>]?
    ) -> Application {
        let request: Request
        do throws(MalformedUpdateError) {
            request = try Self.read(update.payload)
        } catch {
            return .refused(error.reason)
        }
        let stamp = update.stamp
        guard log.append(update) else { return .applied }
        switch request {
        case .push:
            // Even a push that is removed at once goes through `items`, so that both logs have seen
            // the same timestamps of its source.
            items.append(update)
            if removals[stamp] == nil {
                changes?.append(.pushed(AppendOnlyItem(update)))
            } else {
                items.remove(stamp)
                log.discard(stamp)
            }
        case .remove(let id):
            if let earlier = removals[id.stamp] {
                log.discard(max(earlier, stamp))
                removals[id.stamp] = min(earlier, stamp)
                return .applied
            }
            removals[id.stamp] = stamp
            guard let item = items.remove(id.stamp) else { return .applied }
            log.discard(id.stamp)
            changes?.append(.removed(AppendOnlyItem(item), by: stamp))
        }
        return .applied
    }

    /// Reads `{"push": object}` or `{"remove": id}`; the last of several equal keys counts.
    static func read(_ payload: Payload) throws(MalformedUpdateError) -> Request {
        try payload.withUnsafeBufferPointer { bytes throws(MalformedUpdateError) in
            guard var members = JSONMembers(bytes) else {
                throw MalformedUpdateError("a list's update must be an object")
            }
            var push: Range<Int>?
            var remove: Range<Int>?
            while let member = members.next() {
                if JSONMembers.key(member.key, in: bytes, is: "push") { push = member.value }
                if JSONMembers.key(member.key, in: bytes, is: "remove") { remove = member.value }
            }
            switch (push, remove) {
            case (let push?, nil):
                guard bytes[push.lowerBound] == UInt8(ascii: "{") else {
                    throw MalformedUpdateError("only objects can be pushed")
                }
                return .push(push)
            case (nil, let remove?):
                guard let text = PropertyKey(remove, in: bytes), !text.hasLoneSurrogate,
                    let id = AppendOnlyID(utf8: text.bytes)
                else {
                    throw MalformedUpdateError("the id of an item must be \"source:timestamp\"")
                }
                return .remove(id)
            case (nil, nil), (_?, _?):
                throw MalformedUpdateError("a list's update must have either push or remove")
            }
        }
    }

    /// The object in the payload of a push.
    static func object(in payload: Payload) -> [UInt8] {
        guard case .push(let range)? = try? read(payload) else { return [] }
        return Array(payload[range])
    }

    func appendDump(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "["))
        var isFirst = true
        for update in items.delta(since: VersionVector()) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            output.append(contentsOf: Self.object(in: update.payload))
        }
        output.append(UInt8(ascii: "]"))
    }
}

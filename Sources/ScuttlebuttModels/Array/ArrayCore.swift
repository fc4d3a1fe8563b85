// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The contents of a replicated array or a replicated text, as bytes.
///
/// Each sort key belongs to the newest update that names it, and an update stays in the log as long
/// as a key belongs to it. A key whose newest item is `null` is a tombstone: it has no place in the
/// array but retains its update.
struct ArrayCore: Sendable {
    /// An element, as a part of the payload that wrote it.
    struct Item: Sendable {
        let timestamp: Timestamp
        let source: Source
        let payload: Payload
        let start: Int
        let end: Int

        var stamp: Stamp { Stamp(timestamp: timestamp, source: source) }
        var bytes: [UInt8] { Array(payload[start..<end]) }
    }

    /// Elements that the local writer inserted next to each other.
    ///
    /// This is a hint for choosing keys; nothing that peers agree on depends on it.
    struct Run: Sendable {
        let key: PropertyKey
        var index: Int
        let length: Int
    }

    /// The local writer.
    let source: Source
    /// The elements by sort key.
    private(set) var items = OrderedTree<PropertyKey, Item>()
    /// The sort keys whose newest item is `null`, with the stamp of that item.
    private(set) var tombstones: [PropertyKey: Stamp] = [:]
    private(set) var log = UpdateLog()
    /// The number of keys that belong to an update, if it is more than one.
    private var shares: [Stamp: Int] = [:]
    /// Where the latest own update inserted an element.
    ///
    /// Writers tend to continue where they are.
    private(set) var run: Run?
    /// The number of applied updates, which makes the seeds of new keys differ.
    private(set) var appliedCount: UInt64 = 0
    private let sourceHash: UInt64

    init(source: Source) {
        self.source = source
        sourceHash = SortKeyAllocator.hash(source.utf8)
    }

    mutating func apply(_ update: Update, changes: inout [ArrayChange]?) -> Application {
        guard let members = Self.members(of: update.payload) else {
            return .refused("an array's update must be an object of sort keys")
        }
        // The log refuses an update that has been applied before.
        guard log.append(update) else { return .applied }
        appliedCount &+= 1
        let stamp = update.stamp
        var wins = 0
        for member in members {
            let won =
                member.isNull
                ? bury(member.key, stamp, &changes) : put(member, of: update, stamp, &changes)
            if won { wins += 1 }
        }
        if wins == 0 {
            log.discard(stamp)
        } else if wins > 1 {
            shares[stamp] = wins
        }
        return .applied
    }

    private mutating func put(
        _ member: Member, of update: Update, _ stamp: Stamp, _ changes: inout [ArrayChange]?
    ) -> Bool {
        if !tombstones.isEmpty, let dead = tombstones[member.key] {
            guard dead < stamp else { return false }
            tombstones[member.key] = nil
            release(dead)
        }
        let item = Item(
            timestamp: stamp.timestamp, source: stamp.source, payload: update.payload,
            start: member.value.lowerBound, end: member.value.upperBound)
        let (index, replaced) = items.insert(item, for: member.key)
        if let replaced {
            guard replaced.stamp < stamp else {
                items.insert(replaced, for: member.key)
                return false
            }
            release(replaced.stamp)
        } else {
            follow(member.key, at: index, isOwn: stamp.source == source)
        }
        changes?.append(
            ArrayChange(
                key: member.key, index: index, old: replaced?.bytes, new: item.bytes,
                stamp: stamp))
        return true
    }

    private mutating func bury(
        _ key: PropertyKey, _ stamp: Stamp, _ changes: inout [ArrayChange]?
    ) -> Bool {
        if let (index, item) = items.find(key) {
            guard item.stamp < stamp else { return false }
            items.remove(key)
            release(item.stamp)
            if let run, index < run.index { self.run?.index -= 1 }
            changes?.append(
                ArrayChange(key: key, index: index, old: item.bytes, new: nil, stamp: stamp))
        } else if let dead = tombstones[key] {
            guard dead < stamp else { return false }
            release(dead)
        }
        tombstones[key] = stamp
        return true
    }

    private mutating func follow(_ key: PropertyKey, at index: Int, isOwn: Bool) {
        if isOwn {
            let isBeside = run.map { index == $0.index || index == $0.index + 1 } ?? false
            run = Run(key: key, index: index, length: isBeside ? (run?.length ?? 0) + 1 : 1)
        } else if let run, index <= run.index {
            self.run?.index += 1
        }
    }

    /// Records that a key no longer belongs to the update with this stamp.
    private mutating func release(_ stamp: Stamp) {
        guard !shares.isEmpty, let count = shares[stamp] else {
            log.discard(stamp)
            return
        }
        shares[stamp] = count > 2 ? count - 1 : nil
    }

    /// The seed for the salt of new keys; it differs by writer, by state and by value.
    func seed(_ values: some Sequence<[UInt8]>) -> UInt64 {
        var hash = sourceHash
        withUnsafeBytes(of: appliedCount.littleEndian) {
            hash = SortKeyAllocator.hash($0, into: hash)
        }
        for value in values { hash = SortKeyAllocator.hash(value, into: hash) }
        return SortKeyAllocator.mixed(hash)
    }

    func appendDump(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "["))
        var isFirst = true
        for (_, item) in items {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            output.append(contentsOf: item.payload[item.start..<item.end])
        }
        output.append(UInt8(ascii: "]"))
    }
}

// Payloads.
extension ArrayCore {
    /// A sort key of a payload and the range of its item.
    struct Member {
        let key: PropertyKey
        let value: Range<Int>
        let isNull: Bool
    }

    /// The sort keys of a payload in ascending order without repetitions, or `nil` if the payload
    /// is not an object.
    ///
    /// The last of several equal keys counts, as in `JSON.parse`.
    static func members(of payload: Payload) -> [Member]? {
        payload.withUnsafeBufferPointer { bytes in
            guard var walk = JSONMembers(bytes) else { return nil }
            var members: [Member] = []
            var isAscending = true
            while let member = walk.next() {
                guard let key = PropertyKey(member.key, in: bytes) else { return nil }
                if isAscending, let last = members.last { isAscending = last.key < key }
                let isNull = ValueCoding.isNull(bytes[member.value])
                members.append(Member(key: key, value: member.value, isNull: isNull))
            }
            return isAscending ? members : sorted(members)
        }
    }

    private static func sorted(_ members: [Member]) -> [Member] {
        var seen: Set<PropertyKey> = []
        return members.reversed().filter { seen.insert($0.key).inserted }
            .sorted { $0.key < $1.key }
    }
}

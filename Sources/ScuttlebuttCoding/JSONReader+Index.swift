// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A member of an object, or the head of an object's members.
struct IndexedMember {
    /// The start of the key's text, without its quote; in a head, the place at which the next
    /// search begins.
    var keyStart: Int
    var keyEnd: Int
    var value: ValueRange
    /// The index of the text in `unescapedKeys` if the key contains escapes, or −1.
    var unescaped: Int
}

/// The location of an object's members in `JSONReader.members`, after their head.
struct MemberTable {
    var head: Int
    var count: Int

    static let none = MemberTable(head: -1, count: 0)
}

extension JSONReader {
    /// Indexes the object at `range`, keeping only the last of equal keys.
    func index(_ range: ValueRange) -> MemberTable {
        let head = members.count
        let none = 0..<0
        members.append(IndexedMember(keyStart: 0, keyEnd: 0, value: none, unescaped: -1))
        bytes.withUnsafeBufferPointer { buffer in
            guard var walk = JSONMembers(buffer, at: range.lowerBound) else { return }
            while let member = walk.next() {
                let (start, end) = (member.key.lowerBound + 1, member.key.upperBound - 1)
                var unescaped = -1
                if buffer[start..<max(start, end)].contains(0x5C) {
                    unescaped = unescapedKeys.count
                    let text = try? JSONString.decoded(
                        buffer, at: start - 1, loneSurrogates: .generalised)
                    unescapedKeys.append(text ?? [])
                }
                let value = member.value
                members.append(
                    IndexedMember(
                        keyStart: start, keyEnd: max(start, end), value: value,
                        unescaped: unescaped))
            }
        }
        dropRepeatedKeys(behind: head)
        return MemberTable(head: head, count: members.count - head - 1)
    }

    private func dropRepeatedKeys(behind head: Int) {
        let first = head + 1
        let count = members.count - first
        guard count > 1 else { return }
        var repeated: [Int] = []
        if count <= 12 {
            for place in first..<members.count - 1 {
                for later in place + 1..<members.count where haveSameKey(place, later) {
                    repeated.append(place)
                    break
                }
            }
        } else {
            let order = (first..<members.count).sorted { left, right in
                withKey(left) { a in
                    withKey(right) { b in
                        if a.elementsEqual(b) { return left < right }
                        return a.lexicographicallyPrecedes(b)
                    }
                }
            }
            for (place, next) in zip(order, order.dropFirst()) where haveSameKey(place, next) {
                repeated.append(place)
            }
            repeated.sort()
        }
        guard !repeated.isEmpty else { return }
        var kept = first
        var skip = 0
        for place in first..<members.count {
            if skip < repeated.count, repeated[skip] == place {
                skip += 1
                continue
            }
            members[kept] = members[place]
            kept += 1
        }
        members.removeSubrange(kept...)
    }

    @inline(__always)
    private func haveSameKey(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (members[left], members[right])
        if a.unescaped < 0, b.unescaped < 0 {
            let count = a.keyEnd - a.keyStart
            guard count == b.keyEnd - b.keyStart else { return false }
            for index in 0..<count where bytes[a.keyStart + index] != bytes[b.keyStart + index] {
                return false
            }
            return true
        }
        return withKey(left) { a in withKey(right) { b in a.elementsEqual(b) } }
    }

    /// Calls `body` with the text of a member's key as UTF-8.
    @inline(__always)
    func withKey<R>(_ place: Int, _ body: (Slice<UnsafeBufferPointer<UInt8>>) -> R) -> R {
        let member = members[place]
        if member.unescaped >= 0 {
            return unescapedKeys[member.unescaped].withUnsafeBufferPointer { body($0[...]) }
        }
        return bytes.withUnsafeBufferPointer { body($0[member.keyStart..<member.keyEnd]) }
    }

    /// Returns the value of a key, if the object has it.
    ///
    /// The search starts after the last hit, because keys are usually in the order in which they
    /// are asked for.
    @inline(__always)
    func find(_ key: String, in table: MemberTable) -> ValueRange? {
        let first = table.head + 1
        // A container that outlives its value finds nothing.
        guard table.count > 0, first + table.count <= members.count else { return nil }
        var text = key
        return text.withUTF8 { text -> ValueRange? in
            let cursor = min(members[table.head].keyStart, table.count - 1)
            for step in 0..<table.count {
                var place = cursor + step
                if place >= table.count { place -= table.count }
                guard has(first + place, key: text) else { continue }
                members[table.head].keyStart = place + 1 < table.count ? place + 1 : 0
                return members[first + place].value
            }
            return nil
        }
    }

    @inline(__always)
    private func has(_ place: Int, key: UnsafeBufferPointer<UInt8>) -> Bool {
        let member = members[place]
        if member.unescaped >= 0 { return unescapedKeys[member.unescaped].elementsEqual(key) }
        guard member.keyEnd - member.keyStart == key.count else { return false }
        for index in 0..<key.count where bytes[member.keyStart + index] != key[index] {
            return false
        }
        return true
    }

    /// Returns the keys of an object, in order.
    func keys(of table: MemberTable) -> [String] {
        let first = table.head + 1
        guard first + table.count <= members.count else { return [] }
        return (first..<first + table.count).map { place in
            withKey(place) { String(decoding: $0, as: UTF8.self) }
        }
    }
}

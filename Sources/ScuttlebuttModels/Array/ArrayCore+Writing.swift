// SPDX-License-Identifier: MIT

import Scuttlebutt

// Payloads for local writes. Indexes may be stale, for remote updates come in between a look at the
// array and a write: so they are clamped, never trapped on.
extension ArrayCore {
    /// The payload that inserts JSON values, the first of them at `index`.
    func inserting(_ values: [[UInt8]], at index: Int) -> Payload? {
        splicing(at: index, removing: 0, inserting: values)
    }

    /// The payload that replaces elements by JSON values, as `splice` of the originals does: the
    /// first keep the keys of those that they replace, further ones get new keys.
    ///
    /// - Returns: `nil` when nothing would change.
    func splicing(at index: Int, removing removals: Int, inserting values: [[UInt8]]) -> Payload? {
        let start = min(max(index, 0), items.count)
        let removed = min(max(removals, 0), items.count - start)
        guard removed > 0 || !values.isEmpty else { return nil }
        var output = PayloadWriter()
        for (place, step) in zip(0..<removed, items.elements(from: start)) {
            output.append(step.key, place < values.count ? values[place] : nil)
        }
        guard removed < values.count else { return output.finished() }
        let rest = removed == 0 ? values : Array(values[removed...])
        for (key, value) in zip(newKeys(for: rest, at: start + removed), rest) {
            output.append(key, value)
        }
        return output.finished()
    }

    /// The payload that replaces or inserts one item under a key that the caller chose.
    func setting(_ value: [UInt8], for key: PropertyKey) -> Payload {
        var output = PayloadWriter()
        output.append(key, value)
        return output.finished()
    }

    /// The payload that removes one element; `nil` when there is none with this key.
    func unsetting(_ key: PropertyKey) -> Payload? {
        guard items.find(key) != nil else { return nil }
        var output = PayloadWriter()
        output.append(key, nil)
        return output.finished()
    }

    /// The payload that inserts a JSON value somewhere between two keys.
    ///
    /// Without a place between them it goes behind the first, as near as possible.
    func inserting(
        _ value: [UInt8], between previous: PropertyKey?, and next: PropertyKey?
    ) -> Payload {
        var allocator = SortKeyAllocator(seed: seed([value]))
        if var key = allocator.key(after: previous, before: next, lean: .middle) {
            while items.find(key) != nil { key = allocator.prolonged(key) }
            return setting(value, for: free(key, &allocator))
        }
        let index = previous.map { items.lowerBound($0) + (items.find($0) == nil ? 0 : 1) } ?? 0
        return setting(value, for: newKeys(for: [value], at: index)[0])
    }

    /// New keys in ascending order that put elements at `index`.
    ///
    /// Where no string sorts between the neighbours, which only keys with NUL characters bring
    /// about, they go to the next gap to the right that has room; the one behind the last element
    /// always has.
    func newKeys(for values: [[UInt8]], at index: Int) -> [PropertyKey] {
        var allocator = SortKeyAllocator(seed: seed(values))
        var previous = index > 0 ? items.key(at: index - 1) : nil
        for index in index..<items.count {
            let next = items.key(at: index)
            let keys = allocator.keys(
                values.count, after: previous, before: next, lean: lean(previous, next))
            if let keys { return keys.map { free($0, &allocator) } }
            previous = next
        }
        let keys = allocator.keys(
            values.count, after: previous, before: nil, lean: lean(previous, nil))
        guard let keys else { preconditionFailure("behind all keys there is always room") }
        return keys.map { free($0, &allocator) }
    }

    private func lean(_ previous: PropertyKey?, _ next: PropertyKey?) -> SortKeyAllocator.Lean {
        if previous == nil || next == nil {
            return next != nil ? .end(run: nil) : previous != nil ? .start(run: nil) : .middle
        }
        guard let run else { return .middle }
        if previous == run.key { return .start(run: run.length) }
        return next == run.key ? .end(run: run.length) : .middle
    }

    /// A key that no tombstone has: a removal that comes late must not meet a new element.
    private func free(_ key: PropertyKey, _ allocator: inout SortKeyAllocator) -> PropertyKey {
        var key = key
        while tombstones[key] != nil { key = allocator.prolonged(key) }
        return key
    }
}

/// Writes the object of a payload.
private struct PayloadWriter {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// Appends a key and its item, `null` for `nil`.
    mutating func append(_ key: PropertyKey, _ item: [UInt8]?) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        key.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if let item {
            bytes.append(contentsOf: item)
        } else {
            bytes.append(contentsOf: "null".utf8)
        }
    }

    mutating func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

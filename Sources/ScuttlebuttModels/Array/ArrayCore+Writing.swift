// SPDX-License-Identifier: MIT

import Scuttlebutt

// Payloads for local writes. Remote updates may arrive between reading an index and writing, so a
// stale index is clamped and never traps.
extension ArrayCore {
    /// The payload that inserts a JSON value at `index`.
    func makeInsert(_ value: [UInt8], at index: Int) -> Payload {
        let index = min(max(index, 0), items.count)
        var allocator = SortKeyAllocator(seed: seed(CollectionOfOne(value)))
        let (previous, next) = items.keys(around: index)
        let key = allocator.key(after: previous, before: next, lean: lean(previous, next))
        guard let key else {
            return Self.payload([(newKeys(for: [value], at: index)[0], value)])
        }
        return Self.payload([(free(key, &allocator), value)])
    }

    /// The payload that replaces elements with JSON values, as the originals' `splice` does: the
    /// first values take the keys of the elements that they replace, and the others get new keys.
    ///
    /// - Returns: `nil` if nothing would change.
    func makeSplice(at index: Int, removing removals: Int, inserting values: [[UInt8]]) -> Payload?
    {
        let start = min(max(index, 0), items.count)
        let removed = min(max(removals, 0), items.count - start)
        return makeSplice([
            Splice(index: start, removed: Array(start..<(start + removed)), values: values)
        ])
    }

    /// A place at which elements are replaced.
    struct Splice {
        /// Where new elements go if none is removed.
        let index: Int
        /// The indexes of the elements to replace or remove, ascending.
        let removed: [Int]
        let values: [[UInt8]]
    }

    /// The payload that performs several splices at once.
    ///
    /// The splices are in ascending order, and their indexes refer to the current elements.
    func makeSplice(_ splices: [Splice]) -> Payload? {
        var (output, writer): ([UInt8], _) = ([], ObjectWriter())
        // New elements for one gap, whose keys are chosen together.
        var waiting: [[UInt8]] = []
        var gap = 0
        func insertWaiting() {
            guard !waiting.isEmpty else { return }
            for (key, value) in zip(newKeys(for: waiting, at: gap), waiting) {
                writer.append(key, value, in: &output)
            }
            waiting = []
        }
        for splice in splices {
            if !splice.removed.isEmpty { insertWaiting() }
            for (place, index) in splice.removed.enumerated() {
                let value = place < splice.values.count ? splice.values[place] : nil
                writer.append(items.key(at: index), value, in: &output)
            }
            let values = splice.values.dropFirst(splice.removed.count)
            guard !values.isEmpty else { continue }
            let index = splice.removed.last.map { $0 + 1 } ?? splice.index
            if index != gap { insertWaiting() }
            gap = index
            waiting += values
        }
        insertWaiting()
        guard !output.isEmpty else { return nil }
        writer.end(in: &output)
        return output
    }

    /// The payload that sets items, or removes those that are `nil`.
    static func payload(_ members: [(key: PropertyKey, item: [UInt8]?)]) -> Payload {
        var (output, writer): (Payload, _) = ([], ObjectWriter())
        output.reserveCapacity(
            members.reduce(1) { $0 + $1.key.bytes.count + ($1.item?.count ?? 4) + 4 })
        for member in members { writer.append(member.key, member.item, in: &output) }
        writer.end(in: &output)
        return output
    }

    /// The payload that replaces or inserts an item under a given key.
    func makeSet(_ value: [UInt8], for key: PropertyKey) -> Payload {
        Self.payload([(key, value)])
    }

    /// The payload that removes an element, or `nil` if there is none with this key.
    func makeUnset(_ key: PropertyKey) -> Payload? {
        guard items.find(key) != nil else { return nil }
        return Self.payload([(key, nil)])
    }

    /// The payload that inserts a JSON value somewhere between two keys.
    ///
    /// If there is no room between them, the value goes after the first, as near as possible.
    func makeInsert(
        _ value: [UInt8], between previous: PropertyKey?, and next: PropertyKey?
    ) -> Payload {
        var allocator = SortKeyAllocator(seed: seed([value]))
        if var key = allocator.key(after: previous, before: next, lean: .middle) {
            while items.find(key) != nil { key = allocator.prolonged(key) }
            return makeSet(value, for: free(key, &allocator))
        }
        let index = previous.map { items.lowerBound($0) + (items.find($0) == nil ? 0 : 1) } ?? 0
        return makeSet(value, for: newKeys(for: [value], at: index)[0])
    }

    /// New keys in ascending order that put elements at `index`.
    ///
    /// If no string sorts between the neighbours, which only keys with NUL characters cause, the
    /// elements go to the next gap to the right that has room. The gap after the last element
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
        guard let keys else { preconditionFailure("there is always room after the last key") }
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

    /// A key that is not a tombstone's: a late removal must not hit a new element.
    private func free(_ key: PropertyKey, _ allocator: inout SortKeyAllocator) -> PropertyKey {
        var key = key
        while tombstones[key] != nil { key = allocator.prolonged(key) }
        return key
    }
}

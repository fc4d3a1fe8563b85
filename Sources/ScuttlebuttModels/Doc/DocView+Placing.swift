// SPDX-License-Identifier: MIT

import Scuttlebutt

// Places for rows. Remote updates may arrive between reading an index and writing, so a stale index
// is clamped and never traps.
extension DocView {
    /// The index of another row, not counting `id`.
    func index(of other: PropertyKey, without id: PropertyKey) -> Int? {
        guard let index = index(of: other) else { return nil }
        guard let own = self.index(of: id), own < index else { return index }
        return index - 1
    }

    /// The index after another row, not counting `id`; zero if the other row is not present.
    func index(behind other: PropertyKey, without id: PropertyKey) -> Int {
        // A row placed after itself stays where it is.
        index(of: other, without: id).map { other == id ? $0 : $0 + 1 } ?? 0
    }

    /// Adds the keys that put a row into the sequence at an index.
    func put(
        _ id: PropertyKey, at index: Int, _ current: RowMembers?,
        _ members: inout [(key: PropertyKey, value: Payload)]
    ) {
        var literal: [UInt8] = []
        sortKey(for: id, at: index).append(to: &literal)
        members.removeAll { $0.key == Self.sortKey }
        members.append((Self.sortKey, literal))
        include(id, current, &members)
    }

    /// A sort key that puts a row at an index, which is counted without the row itself.
    ///
    /// If two rows have one sort key, there is no room between them. The row then goes to the next
    /// gap, and the gap after the last row always has room.
    ///
    /// - Complexity: O(log n).
    func sortKey(for id: PropertyKey, at index: Int) -> PropertyKey {
        let own = self.index(of: id)
        let last = rows.count - (own == nil ? 0 : 1)
        var index = Swift.min(Swift.max(index, 0), last)
        /// The index of the row that has the number `index` without `id`.
        func place(_ index: Int) -> Int { own.map { index < $0 ? index : index + 1 } ?? index }
        var previous = index > 0 ? rows[place(index - 1)].key.sort : nil
        var allocator = SortKeyAllocator(seed: Self.seed(id, previous))
        while true {
            let next = index < last ? rows[place(index)].key.sort : nil
            let lean: SortKeyAllocator.Lean =
                switch (previous, next) {
                case (nil, nil): .middle
                case (nil, _?): .end(run: nil)
                case (_?, nil): .start(run: nil)
                case (_?, _?): lean(after: place(index - 1), before: place(index))
                }
            if let key = allocator.key(after: previous, before: next, lean: lean) { return key }
            guard let next else { preconditionFailure("there is always room after the last row") }
            previous = next
            index += 1
        }
    }

    private func lean(after previous: Int, before next: Int) -> SortKeyAllocator.Lean {
        guard let run else { return .middle }
        if previous == run.index { return .start(run: run.length) }
        return next == run.index ? .end(run: run.length) : .middle
    }

    /// A number that differs from row to row, so that two peers who put different rows at one place
    /// choose different sort keys without a random number.
    private static func seed(_ id: PropertyKey, _ previous: PropertyKey?) -> UInt64 {
        // Neither key contains the byte between them.
        SortKeyAllocator.hash(id.bytes + [0xFF] + (previous?.bytes ?? []))
    }
}

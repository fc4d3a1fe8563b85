// SPDX-License-Identifier: MIT

import Scuttlebutt

// Where rows are put. Indexes may be stale, for remote updates come in between a look at a sequence
// and a write: so they are clamped, never trapped on.
extension DocView {
    /// Where another row stands when `id` is not counted.
    func index(of other: PropertyKey, without id: PropertyKey) -> Int? {
        guard let index = index(of: other) else { return nil }
        guard let own = self.index(of: id), own < index else { return index }
        return index - 1
    }

    /// Behind which index another row ends when `id` is not counted; zero when it is not there.
    func index(behind other: PropertyKey, without id: PropertyKey) -> Int {
        // Behind itself a row stands where it is.
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

    /// A sort key that puts a row at an index, counted without the row itself.
    ///
    /// Where there is no room, because two rows have one sort key, it is the next gap behind them;
    /// the one behind the last row always has room.
    ///
    /// - Complexity: O(log n).
    func sortKey(for id: PropertyKey, at index: Int) -> PropertyKey {
        let own = self.index(of: id)
        let last = rows.count - (own == nil ? 0 : 1)
        var index = Swift.min(Swift.max(index, 0), last)
        /// Where the row that is number `index` without `id` stands.
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
            guard let next else { preconditionFailure("behind all rows there is always room") }
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
    /// choose different sort keys without having to draw lots.
    private static func seed(_ id: PropertyKey, _ previous: PropertyKey?) -> UInt64 {
        // The byte between the two is in neither.
        SortKeyAllocator.hash(id.bytes + [0xFF] + (previous?.bytes ?? []))
    }
}

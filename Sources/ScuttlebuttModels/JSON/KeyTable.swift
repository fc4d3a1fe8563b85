// SPDX-License-Identifier: MIT

/// Numbers keys from 0 in the order in which they come.
///
/// For tables that only grow. Keys lie densely in an array, next to whatever their owner keeps at
/// the same numbers; an open-addressed index finds them. Unlike a `Dictionary` it keeps the hashes,
/// so that neither growing nor a collision touches the keys, which lie all over the memory: a
/// million insertions take less than half the time.
struct KeyTable: Sendable {
    /// The keys by number.
    private(set) var keys: [PropertyKey] = []
    /// A key's hash in the upper half and its number plus one in the lower, or 0; the count is a
    /// power of two, at most half of them in use.
    private var slots: [UInt64] = []

    /// The number of a key.
    ///
    /// - Complexity: O(1) and the bytes of the key.
    func number(of key: PropertyKey) -> Int? {
        guard !slots.isEmpty else { return nil }
        return find(key, Self.hash(key)).number
    }

    /// The number of a key, which gets the next one if it is new: that is then `keys.count - 1`.
    ///
    /// - Complexity: O(1) amortised and the bytes of the key.
    mutating func insert(_ key: PropertyKey) -> (number: Int, isNew: Bool) {
        if (keys.count + 1) * 2 > slots.count { grow() }
        let hash = Self.hash(key)
        let (slot, number) = find(key, hash)
        if let number { return (number, false) }
        keys.append(key)
        slots[slot] = hash << 32 | UInt64(keys.count)
        return (keys.count - 1, true)
    }

    /// 32 bits of the standard hash.
    ///
    /// It has a seed of this process, so nobody can choose keys that collide.
    private static func hash(_ key: PropertyKey) -> UInt64 {
        var hasher = Hasher()
        key.hash(into: &hasher)
        return UInt64(truncatingIfNeeded: hasher.finalize()) >> 32
    }

    /// Where the key is, or would be.
    private func find(_ key: PropertyKey, _ hash: UInt64) -> (slot: Int, number: Int?) {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while true {
            let entry = slots[slot]
            guard entry != 0 else { return (slot, nil) }
            let number = Int(entry & 0xFFFF_FFFF) - 1
            if entry >> 32 == hash, keys[number] == key { return (slot, number) }
            slot = (slot + 1) & mask
        }
    }

    private mutating func grow() {
        let count = max(16, slots.count * 2)
        var grown = [UInt64](repeating: 0, count: count)
        let mask = count - 1
        for entry in slots where entry != 0 {
            var slot = Int(entry >> 32) & mask
            while grown[slot] != 0 { slot = (slot + 1) & mask }
            grown[slot] = entry
        }
        slots = grown
    }
}

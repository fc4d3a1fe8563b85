// SPDX-License-Identifier: MIT

/// Numbers keys from 0 in the order of insertion.
///
/// It is meant for tables that only grow. The keys are in a dense array, beside whatever the owner
/// stores under the same numbers, and an open-addressed index finds them. Unlike a `Dictionary` it
/// stores the hashes, so that neither growing nor a collision accesses the keys, which are
/// scattered over memory: a million insertions take less than half the time.
struct KeyTable: Sendable {
    /// The keys by number.
    private(set) var keys: [PropertyKey] = []
    /// A key's hash in the upper half and its number plus one in the lower half, or 0 for a free
    /// slot.
    ///
    /// The number of slots is a power of two, and at most half of them are in use.
    private var slots: [UInt64] = []

    /// The number of a key.
    ///
    /// - Complexity: O(length of the key).
    func number(of key: PropertyKey) -> Int? {
        guard !slots.isEmpty else { return nil }
        return find(key, Self.hash(key)).number
    }

    /// The number of a key.
    ///
    /// A new key gets the next number, which is then `keys.count - 1`.
    ///
    /// - Complexity: Amortised O(length of the key).
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
    /// The hash is seeded per process, so nobody can choose keys that collide.
    private static func hash(_ key: PropertyKey) -> UInt64 {
        var hasher = Hasher()
        key.hash(into: &hasher)
        return UInt64(truncatingIfNeeded: hasher.finalize()) >> 32
    }

    /// The slot of the key, or the slot for it.
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

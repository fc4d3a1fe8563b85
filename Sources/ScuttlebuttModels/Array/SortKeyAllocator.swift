// SPDX-License-Identifier: MIT

/// Chooses new sort keys that stay short and that no two writers choose alike.
///
/// A key is a *position* and a *salt*. The position is a fraction between the neighbours' with as
/// few digits as possible. The salt is four digits out of a seed that differs from writer to writer
/// and from write to write, so that two writers at one place collide with a probability of one in
/// 15 million.
///
/// Where keys are added one beside the other, halving what is left would cost a digit every six
/// keys. There the position goes on in steps of one, with enough digits for a run of twice the
/// length. So a run of *n* keys has keys of O(log *n*) digits. At the ends of the array, where
/// several writers may take turns, the length of the run is not known: there the digits are as many
/// again as are needed to tell the neighbours apart.
struct SortKeyAllocator {
    /// Where in the gap the new key should stand.
    enum Lean {
        /// Just behind the previous key, for the writer goes on forwards.
        ///
        /// `run` says how many keys the writer put there, `nil` that this is not known.
        case start(run: Int?)
        case middle
        /// Just before the next key, for the writer goes on backwards.
        case end(run: Int?)
    }

    static let saltLength = 4
    /// With more further digits than these no run would ever fill them.
    static let mostFurtherDigits = 6

    private var seed: UInt64

    /// Makes an allocator; equal seeds give equal keys.
    init(seed: UInt64) { self.seed = seed }

    /// A key between two neighbours, `nil` meaning an end of the array.
    ///
    /// The result sorts strictly between them whatever characters they are made of; it is of digits
    /// only where the neighbours leave room for such a key, as all keys of originals do.
    ///
    /// - Returns: `nil` when no string at all sorts between the two: they are not in order, the
    ///   second is the first and a NUL character, or the second is empty.
    mutating func key(
        after previous: PropertyKey?, before next: PropertyKey?, lean: Lean
    ) -> PropertyKey? {
        if var bytes = Self.position(after: previous?.bytes, before: next?.bytes, lean: lean) {
            appendSalt(to: &bytes)
            return PropertyKey(unchecked: bytes)
        }
        if let previous, let next, !(previous < next) { return nil }
        return tightKey(after: previous?.bytes ?? [], before: next)
    }

    /// Several keys in ascending order between two neighbours, with one salt in common, so that
    /// what another writer puts at the same place does not come between them.
    mutating func keys(
        _ count: Int, after previous: PropertyKey?, before next: PropertyKey?, lean: Lean
    ) -> [PropertyKey]? {
        guard let first = key(after: previous, before: next, lean: lean) else { return nil }
        guard count > 1 else { return [first] }
        // What had no room for a salt cannot be prolonged either.
        if let next, Self.isPrefix(first, of: next) { return nil }
        return Self.spread(count).map { PropertyKey(unchecked: first.bytes + $0) }
    }

    /// A longer key behind the given one and before all that is behind it now, for when a key turns
    /// out to be taken.
    mutating func prolonged(_ key: PropertyKey) -> PropertyKey {
        var bytes = key.bytes
        appendSalt(to: &bytes)
        return PropertyKey(unchecked: bytes)
    }

    /// Whether the next key begins with this one, by UTF-16 code units.
    private static func isPrefix(_ key: PropertyKey, of next: PropertyKey) -> Bool {
        CodeUnits(next.bytes).starts(with: CodeUnits(key.bytes))
    }

    private mutating func appendSalt(to bytes: inout [UInt8]) {
        var word = Self.mixed(seed)
        seed &+= 0x9E37_79B9_7F4A_7C15
        for _ in 1..<Self.saltLength {
            bytes.append(SortKeyDigits.characters[Int(word % 63)])
            word /= 63
        }
        // No zero at the end: there would be no digits between the key without it and the key.
        bytes.append(SortKeyDigits.characters[Int(1 + word % 62)])
    }

    /// FNV-1a, which a seed is computed by.
    static func hash(
        _ bytes: some Sequence<UInt8>, into hash: UInt64 = 0xCBF2_9CE4_8422_2325
    ) -> UInt64 {
        bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// The finaliser of SplitMix64.
    static func mixed(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

// Positions.
extension SortKeyAllocator {
    /// The digits of a fraction strictly between the neighbours' first so many digits, so that
    /// whatever is appended to it sorts between them as well; `nil` if digits cannot express one.
    private static func position(
        after previous: [UInt8]?, before next: [UInt8]?, lean: Lean
    ) -> [UInt8]? {
        var low = SortKeyDigits(lower: previous)
        var high = SortKeyDigits(upper: next)
        var result: [UInt8] = []
        result.reserveCapacity(16)
        // By how many units of the last digit the two differ, and how many are wanted.
        var distance = 0
        var goal = 2
        var length: Int?
        if case .start(let run?) = lean { goal = 2 * run }
        if case .end(let run?) = lean { goal = 2 * run }
        // Behind the ends of both, three more digits tell whether there ever will be room.
        let bound = max(previous?.count ?? 0, next?.count ?? 0) + 3
        while distance < goal || result.count < length ?? 0 {
            guard result.count < bound || distance > 1 else { return nil }
            let (a, b) = (low.next(), high.next())
            result.append(SortKeyDigits.characters[a])
            distance = distance * SortKeyDigits.base + b - a
            guard distance >= 0 else { return nil }
            guard length == nil, distance >= 2 else { continue }
            length = result.count + furtherDigits(lean, behind: result.count)
        }
        switch lean {
        case .start: add(1, to: &result)
        case .middle: add(distance / 2, to: &result)
        case .end: add(distance - 1, to: &result)
        }
        return result
    }

    /// How many digits to take beyond those that tell the neighbours apart.
    private static func furtherDigits(_ lean: Lean, behind count: Int) -> Int {
        switch lean {
        case .start(run: nil), .end(run: nil): min(count, mostFurtherDigits)
        case .start, .end, .middle: 0
        }
    }

    /// Adds to the last digit and carries; the sum is below one.
    private static func add(_ amount: Int, to digits: inout [UInt8]) {
        var carry = amount
        for place in digits.indices.reversed() where carry > 0 {
            carry += SortKeyDigits.digit(digits[place])
            digits[place] = SortKeyDigits.characters[carry % SortKeyDigits.base]
            carry /= SortKeyDigits.base
        }
    }

    /// Equally spaced fractions of equal length, at most half of those that the length allows.
    private static func spread(_ count: Int) -> [[UInt8]] {
        var width = 1
        var room = SortKeyDigits.base
        while room < 2 * count {
            width += 1
            room *= SortKeyDigits.base
        }
        return (1...count).map { place in
            var digits = [UInt8](repeating: SortKeyDigits.characters[0], count: width)
            add(place * room / (count + 1), to: &digits)
            return digits
        }
    }

    /// A key where digits alone do not reach: behind characters above `z`, or before `!`.
    private mutating func tightKey(after previous: [UInt8], before next: PropertyKey?)
        -> PropertyKey?
    {
        var bytes = previous
        guard let next else { return prolonged(PropertyKey(unchecked: bytes)) }
        var units = CodeUnits(next.bytes)
        var isInside = true
        for unit in CodeUnits(previous) where isInside { isInside = units.next() == unit }
        guard isInside else { return prolonged(PropertyKey(unchecked: bytes)) }
        let rest = Array(units)
        // The next key is the previous one and `rest`: find something before `rest`.
        let exclamations = rest.prefix { $0 == 0x21 }.count
        let nulls = rest.prefix { $0 == 0 }.count
        if exclamations < rest.count, rest[exclamations] > 0x21 {
            bytes += [UInt8](repeating: 0x21, count: exclamations + 1)
        } else if nulls < rest.count {
            let below = min(rest[nulls] - 1, 0x20)
            bytes += [UInt8](repeating: 0, count: nulls) + [UInt8(truncatingIfNeeded: below)]
        } else if nulls > 1 {
            bytes += [UInt8](repeating: 0, count: nulls - 1)
            return PropertyKey(unchecked: bytes)
        } else {
            return nil
        }
        return prolonged(PropertyKey(unchecked: bytes))
    }
}

// SPDX-License-Identifier: MIT

/// Chooses new sort keys that stay short and that differ between writers.
///
/// A key is a *position* and a *salt*. The position is a fraction between those of the neighbours,
/// with as few digits as possible. The salt is four digits from a seed that differs between writers
/// and between writes, so two writers at one place collide with a probability of one in 15 million.
///
/// If keys are added next to each other, halving the remaining gap would cost a digit every six
/// keys. There the position advances in steps of one, with enough digits for a run of twice the
/// length, so a run of *n* keys has keys of O(log *n*) digits. At the ends of the array, where
/// several writers may take turns, the length of the run is unknown: there the position has twice
/// as many digits as are needed to tell the neighbours apart.
struct SortKeyAllocator {
    /// Where in the gap the new key belongs.
    enum Lean {
        /// Just after the previous key, because the writer moves forwards.
        ///
        /// `run` is the number of keys that the writer put there, or `nil` if it is unknown.
        case start(run: Int?)
        case middle
        /// Just before the next key, because the writer moves backwards.
        case end(run: Int?)
    }

    static let saltLength = 4
    /// The most extra digits at an end of the array.
    ///
    /// No run would ever fill more.
    static let mostFurtherDigits = 6

    private var seed: UInt64

    /// Creates an allocator; equal seeds give equal keys.
    init(seed: UInt64) { self.seed = seed }

    /// A key between two neighbours, where `nil` stands for an end of the array.
    ///
    /// The result sorts strictly between them whatever their characters are. It consists of digits
    /// only if the neighbours leave room for such a key, as all keys of originals do.
    ///
    /// - Returns: `nil` if no string sorts between the two: they are not in order, the second is
    ///   the first followed by a NUL character, or the second is empty.
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

    /// Several keys in ascending order between two neighbours.
    ///
    /// They share a salt, so what another writer inserts at the same place does not come between
    /// them.
    mutating func keys(
        _ count: Int, after previous: PropertyKey?, before next: PropertyKey?, lean: Lean
    ) -> [PropertyKey]? {
        guard let first = key(after: previous, before: next, lean: lean) else { return nil }
        guard count > 1 else { return [first] }
        // A key without room for a salt has no room for more digits either.
        if let next, Self.isPrefix(first, of: next) { return nil }
        return Self.spread(count).map { PropertyKey(unchecked: first.bytes + $0) }
    }

    /// A longer key that sorts after the given one and before everything that currently follows it,
    /// for use if a key is taken.
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
        // The salt does not end in a zero, because no digits sort between a key without that zero
        // and the key itself.
        bytes.append(SortKeyDigits.characters[Int(1 + word % 62)])
    }

    /// FNV-1a, the hash that seeds are made of.
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
    /// The digits of a fraction strictly between the neighbours' leading digits, so that any
    /// continuation also sorts between the neighbours; `nil` if digits cannot express one.
    private static func position(
        after previous: [UInt8]?, before next: [UInt8]?, lean: Lean
    ) -> [UInt8]? {
        var low = SortKeyDigits(lower: previous)
        var high = SortKeyDigits(upper: next)
        var result: [UInt8] = []
        result.reserveCapacity(16)
        // How many units of the last digit lie between the two, and how many are needed.
        var distance = 0
        var goal = 2
        var length: Int?
        if case .start(let run?) = lean { goal = 2 * run }
        if case .end(let run?) = lean { goal = 2 * run }
        // After the ends of both keys, three more digits decide whether there will ever be room.
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

    /// How many digits to add to those that tell the neighbours apart.
    private static func furtherDigits(_ lean: Lean, behind count: Int) -> Int {
        switch lean {
        case .start(run: nil), .end(run: nil): min(count, mostFurtherDigits)
        case .start, .end, .middle: 0
        }
    }

    /// Adds to the last digit and carries; the sum stays below one.
    private static func add(_ amount: Int, to digits: inout [UInt8]) {
        var carry = amount
        for place in digits.indices.reversed() where carry > 0 {
            carry += SortKeyDigits.digit(digits[place])
            digits[place] = SortKeyDigits.characters[carry % SortKeyDigits.base]
            carry /= SortKeyDigits.base
        }
    }

    /// Equally spaced fractions of equal length that use at most half of what the length allows.
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

    /// A key where digits do not suffice: after characters above `z`, or before `!`.
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
        // The next key is the previous one followed by `rest`: find something that sorts before
        // `rest`.
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

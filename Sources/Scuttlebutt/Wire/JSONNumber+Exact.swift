// SPDX-License-Identifier: MIT

/// A natural number of any size, for the few texts for which 128 bits are not enough.
struct BigNatural {
    /// The words, least significant first, without leading zeros.
    private var limbs: [UInt32]

    init(_ value: UInt64) {
        limbs = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
        trim()
    }

    private mutating func trim() {
        while limbs.last == 0 { limbs.removeLast() }
    }

    mutating func multiply(by factor: UInt32, adding carry: UInt32 = 0) {
        var carry = UInt64(carry)
        for index in limbs.indices {
            let sum = UInt64(limbs[index]) &* UInt64(factor) &+ carry
            limbs[index] = UInt32(truncatingIfNeeded: sum)
            carry = sum >> 32
        }
        if carry > 0 { limbs.append(UInt32(truncatingIfNeeded: carry)) }
    }

    mutating func divide(by divisor: UInt32) {
        var rest: UInt64 = 0
        for index in limbs.indices.reversed() {
            let part = rest << 32 | UInt64(limbs[index])
            limbs[index] = UInt32(truncatingIfNeeded: part / UInt64(divisor))
            rest = part % UInt64(divisor)
        }
        trim()
    }

    mutating func shiftLeft(_ count: Int) {
        guard !limbs.isEmpty else { return }
        let bits = UInt32(count & 31)
        if bits > 0 { multiply(by: 1 << bits) }
        limbs.insert(contentsOf: repeatElement(0, count: count >> 5), at: 0)
    }

    mutating func multiplyByPowerOfFive(_ exponent: Int) {
        var left = exponent
        while left >= 13 {
            multiply(by: 1_220_703_125)
            left -= 13
        }
        for _ in 0..<left { multiply(by: 5) }
    }

    /// The leading 128 bits, with the top bit set.
    ///
    /// The number must not be zero.
    var leading128: JSONNumber.PowersOfFive.Power {
        var words: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)
        let count = limbs.count
        words.0 = limbs[count - 1]
        if count > 1 { words.1 = limbs[count - 2] }
        if count > 2 { words.2 = limbs[count - 3] }
        if count > 3 { words.3 = limbs[count - 4] }
        if count > 4 { words.4 = limbs[count - 5] }
        let shift = UInt64(words.0.leadingZeroBitCount)
        func joined(_ a: UInt32, _ b: UInt32, _ c: UInt32) -> UInt64 {
            let word = UInt64(a) << 32 | UInt64(b)
            return word << shift | UInt64(c) >> (32 - shift)
        }
        return .init(
            high: joined(words.0, words.1, words.2), low: joined(words.2, words.3, words.4))
    }

    /// Returns a negative number, zero or a positive number if this number is smaller, equal or
    /// greater.
    func compare(_ other: BigNatural) -> Int {
        if limbs.count != other.limbs.count { return limbs.count < other.limbs.count ? -1 : 1 }
        for index in limbs.indices.reversed() where limbs[index] != other.limbs[index] {
            return limbs[index] < other.limbs[index] ? -1 : 1
        }
        return 0
    }
}

extension JSONNumber {
    /// The maximum number of significant digits of the midpoint between two doubles, so that
    /// further digits only matter in that they are not zero.
    private static let decisiveDigits = 800

    /// Returns `low` or the double above it, whichever is nearer to the digits.
    static func decide(
        between low: Double, _ bytes: UnsafeBufferPointer<UInt8>, _ digits: Range<Int>,
        _ decimal: Decimal
    ) -> Double {
        var number = BigNatural(0)
        var taken = 0
        var isMore = false
        for index in digits {
            let byte = bytes[index]
            guard Ascii.isDigit(byte) else { continue }
            if taken < decisiveDigits {
                number.multiply(by: 10, adding: UInt32(byte &- Ascii.zero))
                taken += 1
            } else if byte != Ascii.zero {
                isMore = true
                break
            }
        }
        // `exponent` belongs to the first 19 digits.
        let exponent = decimal.exponent - (taken - 19)
        // The midpoint is (2 · significand + 1) · 2^(power − 1).
        let bits = low.bitPattern
        let biased = Int(bits >> 52)
        let fraction = bits & (1 << 52 - 1)
        let significand = biased == 0 ? fraction : fraction | 1 << 52
        let power = max(biased, 1) - 1075 - 1
        var middle = BigNatural(2 &* significand &+ 1)
        if exponent >= 0 {
            number.multiplyByPowerOfFive(exponent)
        } else {
            middle.multiplyByPowerOfFive(-exponent)
        }
        let shift = exponent - power
        if shift >= 0 { number.shiftLeft(shift) } else { middle.shiftLeft(-shift) }
        let order = number.compare(middle)
        let isAbove = order > 0 || (order == 0 && (isMore || significand & 1 == 1))
        return isAbove ? low.nextUp : low
    }
}

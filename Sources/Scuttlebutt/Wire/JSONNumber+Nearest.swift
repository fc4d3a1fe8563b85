// SPDX-License-Identifier: MIT

extension JSONNumber {
    /// Returns the double nearest to `significand` · 10^`exponent`.
    ///
    /// - SeeAlso: Lemire, "Number Parsing at a Gigabyte per Second" (2021); Mushtak and Lemire,
    ///   "Fast Number Parsing Without Fallback" (2023), which proves that 128 bits are enough.
    static func nearest(_ significand: UInt64, _ exponent: Int) -> Double {
        if significand == 0 || exponent < -342 { return 0 }
        if exponent > 308 { return .infinity }
        let shift = significand.leadingZeroBitCount
        let scaled = significand << UInt64(shift)
        let power = PowersOfFive.table[exponent + 342]
        // The table rounds down, but the proof requires negative powers to be rounded up.
        let (powerHigh, powerLow) = exponent < 0 ? power.successor : (power.high, power.low)
        var (high, low) = multiply(scaled, powerHigh)
        if high & 0x1FF == 0x1FF {
            let second = multiply(scaled, powerLow)
            let (sum, overflow) = low.addingReportingOverflow(second.high)
            low = sum
            if overflow { high &+= 1 }
        }
        let upperBit = Int(high >> 63)
        var mantissa = high >> UInt64(upperBit + 9)
        var power2 = (217_706 * exponent) >> 16 + 63 + upperBit - shift + 1023
        if power2 <= 0 {
            if power2 <= -63 { return 0 }
            mantissa >>= UInt64(1 - power2)
            mantissa += mantissa & 1
            mantissa >>= 1
            return Double(bitPattern: mantissa)
        }
        if low <= 1, exponent >= -4, exponent <= 23, mantissa & 3 == 1,
            mantissa << UInt64(upperBit + 9) == high
        {
            // Exactly halfway: round to even.
            mantissa &= ~1
        }
        mantissa += mantissa & 1
        mantissa >>= 1
        if mantissa >= 1 << 53 {
            mantissa = 1 << 52
            power2 += 1
        }
        if power2 >= 0x7FF { return .infinity }
        return Double(bitPattern: UInt64(power2) << 52 | mantissa & ~(1 << 52))
    }

    /// Returns the product of two words as two words.
    ///
    /// Implemented by hand for wasm32, where the standard library's full-width multiplication needs
    /// a runtime function that Embedded Swift does not provide.
    @inline(__always)
    static func multiply(_ a: UInt64, _ b: UInt64) -> (high: UInt64, low: UInt64) {
        #if arch(wasm32)
            let (a0, a1) = (a & 0xFFFF_FFFF, a >> 32)
            let (b0, b1) = (b & 0xFFFF_FFFF, b >> 32)
            let low = a0 &* b0
            let middle = a1 &* b0 &+ low >> 32
            let other = a0 &* b1 &+ middle & 0xFFFF_FFFF
            return (a1 &* b1 &+ middle >> 32 &+ other >> 32, other << 32 | low & 0xFFFF_FFFF)
        #else
            let product = a.multipliedFullWidth(by: b)
            return (product.high, product.low)
        #endif
    }

    /// The leading 128 bits of 5^−342 … 5^324, rounded down, with the top bit set.
    ///
    /// The table (10 KB) is computed on first use, which takes well under a millisecond.
    enum PowersOfFive {
        struct Power {
            var high: UInt64
            var low: UInt64

            var successor: (UInt64, UInt64) {
                let (sum, overflow) = low.addingReportingOverflow(1)
                return (overflow ? high &+ 1 : high, sum)
            }
        }

        static let smallest = -342
        static let largest = 324

        static let table: [Power] = {
            var powers: [Power] = []
            powers.reserveCapacity(largest - smallest + 1)
            // floor(floor(x / 5) / 5) = floor(x / 25), so dividing step by step stays exact. 2^960
            // leaves 166 bits at 5^342.
            var number = BigNatural(1)
            number.shiftLeft(960)
            for _ in 0 ..< -smallest {
                number.divide(by: 5)
                powers.append(number.leading128)
            }
            powers.reverse()
            number = BigNatural(1)
            powers.append(number.leading128)
            for _ in 0..<largest {
                number.multiply(by: 5)
                powers.append(number.leading128)
            }
            return powers
        }()
    }
}

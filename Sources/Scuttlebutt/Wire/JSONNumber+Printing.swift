// SPDX-License-Identifier: MIT

extension JSONNumber {
    /// Appends a double exactly as JavaScript's `JSON.stringify` prints it, with the fewest digits
    /// that read back as the same double.
    ///
    /// `-0` prints as `0`, and values that are not finite print as `null`.
    public static func append(_ value: Double, to output: inout [UInt8]) {
        guard value.isFinite else {
            output.append(contentsOf: [0x6E, 0x75, 0x6C, 0x6C])
            return
        }
        if value.magnitude <= 9_007_199_254_740_992 {
            let integer = Int64(value)
            if Double(integer) == value {
                append(integer, to: &output)
                return
            }
        }
        if value < 0 { output.append(Ascii.minus) }
        let (digits, exponent) = shortest(value.magnitude)
        appendDigits(digits, exponent: exponent, to: &output)
    }

    /// Appends an integer in decimal.
    public static func append(_ value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(Ascii.minus) }
        append(value.magnitude, to: &output)
    }

    /// Appends an integer in decimal.
    public static func append(_ value: UInt64, to output: inout [UInt8]) {
        if value < 10 {
            output.append(Ascii.zero &+ UInt8(truncatingIfNeeded: value))
            return
        }
        guard value < 100_000_000 else {
            let (front, back) = value.quotientAndRemainder(dividingBy: 100_000_000)
            append(front, to: &output)
            appendDigits(back, count: 8, to: &output)
            return
        }
        appendDigits(value, count: digitCount(value), to: &output)
    }

    /// Appends the last digits of a number, at most eight.
    @inline(__always)
    private static func appendDigits(_ value: UInt64, count: Int, to output: inout [UInt8]) {
        // Digits come out last first, so they are gathered in a word before they are written.
        var rest = value
        var digits: UInt64 = 0
        for _ in 0..<count {
            digits = digits << 8 | UInt64(Ascii.zero) &+ rest % 10
            rest /= 10
        }
        for _ in 0..<count {
            output.append(UInt8(truncatingIfNeeded: digits))
            digits >>= 8
        }
    }

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        if rest >= 1000 { return count + 3 }
        if rest >= 100 { return count + 2 }
        return rest >= 10 ? count + 1 : count
    }

    /// Formats `digits` · 10^`exponent` like ECMAScript's Number::toString.
    private static func appendDigits(
        _ digits: UInt64, exponent: Int, to output: inout [UInt8]
    ) {
        let count = digitCount(digits)
        // The number of digits before the decimal point.
        let point = count + exponent
        let start = output.count
        if point > 21 || point <= -6 {
            append(digits, to: &output)
            if count > 1 { output.insert(Ascii.dot, at: start + 1) }
            output.append(0x65)
            output.append(point > 0 ? Ascii.plus : Ascii.minus)
            append(UInt64((point - 1).magnitude), to: &output)
        } else if point <= 0 {
            output.append(Ascii.zero)
            output.append(Ascii.dot)
            for _ in 0 ..< -point { output.append(Ascii.zero) }
            append(digits, to: &output)
        } else if exponent >= 0 {
            append(digits, to: &output)
            for _ in 0..<exponent { output.append(Ascii.zero) }
        } else {
            append(digits, to: &output)
            output.insert(Ascii.dot, at: start + point)
        }
    }

    /// Returns the shortest decimal that reads back as `value`, which must be positive and finite.
    ///
    /// Of several, it is the nearest. It has no trailing zeros.
    ///
    /// - SeeAlso: Giulietti, "The Schubfach way to render doubles" (2021).
    static func shortest(_ value: Double) -> (digits: UInt64, exponent: Int) {
        let bits = value.bitPattern
        let biased = Int(bits >> 52)
        let fraction = bits & (1 << 52 - 1)
        let significand = biased == 0 ? fraction : fraction | 1 << 52
        let q = max(biased, 1) - 1075
        // At a power of two, the next lower double is only half as far away.
        let isLowerCloser = fraction == 0 && biased > 1
        let k = (q * 1_262_611 - (isLowerCloser ? 524_031 : 0)) >> 22
        let h = UInt64(q + (-k * 1_741_647) >> 19 + 1)
        let power = PowersOfFive.table[-k - PowersOfFive.smallest]
        let isExact = -k >= 0 && -k <= 55
        let factor = isExact ? (power.high, power.low) : power.successor
        let odd = significand & 1
        let low =
            roundToOdd(factor, (4 &* significand &- 2 &+ (isLowerCloser ? 1 : 0)) << h) + odd
        let middle = roundToOdd(factor, (4 &* significand) << h)
        let high = roundToOdd(factor, (4 &* significand &+ 2) << h) - odd
        let s = middle / 4
        if s >= 10 {
            let tenth = s / 10
            let isDownInside = low <= 40 &* tenth
            let isUpInside = 40 &* tenth &+ 40 <= high
            if isDownInside != isUpInside {
                return withoutZeros(isUpInside ? tenth + 1 : tenth, k + 1)
            }
        }
        let isDownInside = low <= 4 &* s
        let isUpInside = 4 &* s &+ 4 <= high
        if isDownInside != isUpInside { return withoutZeros(isUpInside ? s + 1 : s, k) }
        let half = 4 &* s &+ 2
        let isUp = middle > half || (middle == half && s & 1 == 1)
        return withoutZeros(isUp ? s + 1 : s, k)
    }

    private static func withoutZeros(_ digits: UInt64, _ exponent: Int) -> (UInt64, Int) {
        var (digits, exponent) = (digits, exponent)
        while digits % 10 == 0, digits > 0 {
            digits /= 10
            exponent += 1
        }
        return (digits, exponent)
    }

    /// Returns the upper half of a product, with its lowest bit set if the lower half was not zero.
    @inline(__always)
    private static func roundToOdd(_ factor: (UInt64, UInt64), _ value: UInt64) -> UInt64 {
        let x = multiply(factor.1, value)
        let y = multiply(factor.0, value)
        let (sum, overflow) = y.low.addingReportingOverflow(x.high)
        return (overflow ? y.high &+ 1 : y.high) | (sum > 1 ? 1 : 0)
    }
}

// SPDX-License-Identifier: MIT

/// Converts between JSON number texts and doubles, correctly rounded in both directions.
public enum JSONNumber {
    /// Returns the double nearest to a number text, rounding ties to even as in JavaScript.
    ///
    /// `1e999` is infinity and `-0` is negative zero. Up to 19 digits take some tens of
    /// nanoseconds. Longer texts that are very close to the midpoint of two doubles are compared
    /// exactly.
    ///
    /// - Parameters:
    ///   - bytes: Bytes that contain the text.
    ///   - range: The range of the text, validated by ``JSONScanner``. For other bytes, the result
    ///     is arbitrary.
    public static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Double {
        var decimal = Decimal(bytes, range)
        let magnitude = decimal.magnitude(bytes)
        return decimal.isNegative ? -magnitude : magnitude
    }

    /// Returns the double nearest to the number text `bytes`.
    public static func parse(_ bytes: [UInt8]) -> Double {
        bytes.withUnsafeBufferPointer { parse($0, 0..<$0.count) }
    }

    /// Returns the integer represented by a number text without fraction and exponent, if it fits.
    ///
    /// - Returns: `nil` for any other form, including `1.0` and `-0`.
    public static func parseInteger(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int64? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, !range.isEmpty else {
            return nil
        }
        var index = range.lowerBound
        let isNegative = bytes[index] == Ascii.minus
        if isNegative { index += 1 }
        let count = range.upperBound - index
        guard count > 0, count <= 19 else { return nil }
        var value: UInt64 = 0
        while index < range.upperBound {
            let byte = bytes[index]
            guard Ascii.isDigit(byte) else { return nil }
            value = value &* 10 &+ UInt64(byte &- Ascii.zero)
            index += 1
        }
        if isNegative {
            guard value > 0, value <= 1 << 63 else { return nil }
            return Int64(truncatingIfNeeded: 0 &- value)
        }
        return Int64(exactly: value)
    }

    /// The digits and exponent of a number text.
    struct Decimal {
        var isNegative = false
        /// The first 19 significant digits.
        var significand: UInt64 = 0
        /// The exponent; the value is approximately `significand` · 10^`exponent`.
        var exponent = 0
        /// Whether `significand` omits digits.
        var isTruncated = false
        /// The offsets of the first significant digit and of the end of the digits.
        var digits = 0..<0

        /// A bound beyond all doubles, so that sums of exponents cannot overflow.
        static let largestExponent = 100_000_000

        init(_ bytes: UnsafeBufferPointer<UInt8>, _ whole: Range<Int>) {
            let range = whole.clamped(to: 0..<bytes.count)
            var index = range.lowerBound
            let end = range.upperBound
            if index < end, bytes[index] == Ascii.minus {
                isNegative = true
                index += 1
            }
            var first = -1
            var digitCount = 0
            var pointSeen = false
            while index < end {
                let byte = bytes[index]
                if Ascii.isDigit(byte) {
                    if first < 0, byte != Ascii.zero { first = index }
                    if first >= 0 {
                        if digitCount < 19 {
                            significand = significand &* 10 &+ UInt64(byte &- Ascii.zero)
                            if pointSeen { exponent -= 1 }
                        } else {
                            if byte != Ascii.zero { isTruncated = true }
                            if !pointSeen { exponent += 1 }
                        }
                        digitCount += 1
                    } else if pointSeen {
                        exponent -= 1
                    }
                } else if byte == Ascii.dot {
                    pointSeen = true
                } else {
                    break
                }
                index += 1
            }
            digits = first < 0 ? index..<index : first..<index
            if index < end, bytes[index] | 0x20 == 0x65 { readExponent(bytes, index + 1..<end) }
        }

        private mutating func readExponent(
            _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
        ) {
            var isDown = false
            var power = 0
            for index in range {
                let byte = bytes[index]
                if byte == Ascii.minus { isDown = true }
                guard Ascii.isDigit(byte) else { continue }
                power = min(power * 10 + Int(byte &- Ascii.zero), Self.largestExponent)
            }
            exponent += isDown ? -power : power
        }

        /// Returns the double nearest to the digits, without the sign.
        mutating func magnitude(_ bytes: UnsafeBufferPointer<UInt8>) -> Double {
            guard significand != 0 else { return 0 }
            if !isTruncated, significand <= 1 << 53, exponent >= -22, exponent <= 22 {
                // Both factors are exact, so the operation rounds only once.
                let power = JSONNumber.exactPowers[abs(exponent)]
                let value = Double(significand)
                return exponent < 0 ? value / power : value * power
            }
            let low = JSONNumber.nearest(significand, exponent)
            guard isTruncated else { return low }
            let high = JSONNumber.nearest(significand + 1, exponent)
            if low == high { return low }
            return JSONNumber.decide(between: low, bytes, digits, self)
        }
    }

    /// 10^0 … 10^22, the powers of ten that are exact as doubles.
    static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}

// SPDX-License-Identifier: MIT

/// Checks that bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// Returns whether bytes are valid UTF-8.
    ///
    /// - Complexity: O(bytes), eight bytes at a time while they are ASCII.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            if index + 8 <= count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080
                    == 0
            {
                index += 8
                continue
            }
            let first = bytes[index]
            if first < 0x80 {
                index += 1
                continue
            }
            guard let (length, second) = shape(first), index + length <= count,
                second.contains(bytes[index + 1])
            else { return false }
            for next in index + 2..<max(index + 2, index + length)
            where bytes[next] & 0xC0 != 0x80 {
                return false
            }
            index += length
        }
        return true
    }

    /// Returns the length of the sequence that starts with `first` and the range of its second byte
    /// (Unicode 16, table 3-7).
    private static func shape(_ first: UInt8) -> (Int, ClosedRange<UInt8>)? {
        switch first {
        case 0xC2...0xDF: return (2, 0x80...0xBF)
        case 0xE0: return (3, 0xA0...0xBF)
        case 0xED: return (3, 0x80...0x9F)
        case 0xE1...0xEF: return (3, 0x80...0xBF)
        case 0xF0: return (4, 0x90...0xBF)
        case 0xF1...0xF3: return (4, 0x80...0xBF)
        case 0xF4: return (4, 0x80...0x8F)
        default: return nil
        }
    }
}

// SPDX-License-Identifier: MIT

/// Masks the payload of a client's frames (RFC 6455, section 5.3).
enum WebSocketMask {
    /// Masks or unmasks bytes in place; `first` is the offset of the first byte within the mask.
    static func apply(
        _ bytes: UnsafeMutableRawBufferPointer, with key: (UInt8, UInt8, UInt8, UInt8),
        from first: Int
    ) {
        let plain =
            UInt32(key.0) | UInt32(key.1) << 8 | UInt32(key.2) << 16 | UInt32(key.3) << 24
        let shift = UInt32(first & 3) * 8
        let turned = shift == 0 ? plain : plain >> shift | plain << (32 - shift)
        let wide = (UInt64(turned) << 32 | UInt64(turned)).littleEndian
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: turned >> (UInt32(index & 3) * 8))
            index += 1
        }
    }
}

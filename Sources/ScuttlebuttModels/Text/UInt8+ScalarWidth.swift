// SPDX-License-Identifier: MIT

extension UInt8 {
    /// The length in bytes of the UTF-8 of a scalar that begins with this byte.
    @inline(__always)
    var scalarWidth: Int { self < 0x80 ? 1 : self < 0xE0 ? 2 : self < 0xF0 ? 3 : 4 }
}

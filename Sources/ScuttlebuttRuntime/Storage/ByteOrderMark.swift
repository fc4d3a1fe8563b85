// SPDX-License-Identifier: MIT

/// What programs on Windows write before a text to say that it is UTF-8.
package enum ByteOrderMark {
    /// U+FEFF, which is not a part of the text.
    package static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]
}

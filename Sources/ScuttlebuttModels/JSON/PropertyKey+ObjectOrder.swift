// SPDX-License-Identifier: MIT

extension PropertyKey {
    /// The number by which a JavaScript object orders this key, if the key is the decimal text of
    /// an integer below 2^32 − 1 without leading zeros.
    public var arrayIndex: UInt32? {
        guard let first = bytes.first, bytes.count <= 10 else { return nil }
        if first == UInt8(ascii: "0"), bytes.count > 1 { return nil }
        var number: UInt64 = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return number < UInt64(UInt32.max) ? UInt32(number) : nil
    }

    /// Whether a key comes before another in exports: integers ascending, as in JavaScript, then
    /// all others by UTF-16 code units.
    ///
    /// JavaScript keeps the others in order of insertion, which differs from peer to peer.
    public static func objectOrder(_ left: PropertyKey, _ right: PropertyKey) -> Bool {
        switch (left.arrayIndex, right.arrayIndex) {
        case (let a?, let b?): a < b
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): left < right
        }
    }
}

// SPDX-License-Identifier: MIT

/// The identity of a writer: every update names the source that wrote it.
///
/// Two sources are the same exactly when their UTF-16 code units are, and they are ordered by
/// UTF-16 code units, which is what JavaScript's `===` and `<` do. Swift's own `String` comparison
/// normalises (`é` written in two ways is one string there), so it is never used for sources.
public struct Source: Hashable, Sendable {
    /// The text as UTF-8; always valid UTF-8.
    public let utf8: [UInt8]

    /// Makes a source from its text.
    ///
    /// Returns `nil` for the one name that no original accepts, `__proto__`.
    public init?(_ text: String) {
        self.init(validUTF8: Array(text.utf8))
    }

    /// Makes a source from bytes that are already known to be valid UTF-8.
    ///
    /// Returns `nil` for `__proto__`.
    public init?(validUTF8 bytes: [UInt8]) {
        guard bytes != Source.refusedEverywhere else { return nil }
        utf8 = bytes
    }

    /// Makes a fresh source: 39 upper-case hexadecimal digits (156 random bits), the length that
    /// the originals' identifiers have most often.
    ///
    /// Pass a cryptographic generator (`SystemRandomNumberGenerator`) outside of simulations.
    public static func random(using generator: inout some RandomNumberGenerator) -> Source {
        let digits: [UInt8] = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(39)
        var bits: UInt64 = 0
        for index in 0..<39 {
            if index % 16 == 0 { bits = generator.next() }
            bytes.append(digits[Int(bits & 15)])
            bits >>= 4
        }
        return Source(unchecked: bytes)
    }

    /// The text of the source.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    init(unchecked bytes: [UInt8]) { utf8 = bytes }

    /// Whether all bytes agree; at once for two copies of one source.
    public static func == (left: Source, right: Source) -> Bool { left.utf8 == right.utf8 }

    /// Feeds all bytes in one piece, which costs a third of feeding them one by one.
    public func hash(into hasher: inout Hasher) {
        utf8.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// `__proto__` cannot be a key of a plain JavaScript object.
    static let refusedEverywhere: [UInt8] = Array("__proto__".utf8)

    /// Whether this is the name of a property that every JavaScript object has.
    ///
    /// Such a source kills the process of an original redux-scuttlebutt server, so updates that
    /// carry it are refused on the fork wire and never relayed to anyone.
    public var isObjectPrototypeName: Bool {
        Source.objectPrototypeNames.contains(utf8)
    }

    private static let objectPrototypeNames: [[UInt8]] = [
        "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString",
        "toString", "valueOf", "__proto__", "__defineGetter__", "__defineSetter__",
        "__lookupGetter__", "__lookupSetter__",
    ].map { Array($0.utf8) }
}

extension Source: Comparable {
    /// Orders by UTF-16 code units, without leaving UTF-8.
    ///
    /// The two orders differ only where one side has a supplementary character (a surrogate pair in
    /// UTF-16, so it starts with D800–DBFF; lead byte F0–F4) and the other one of U+E000–U+FFFF
    /// (lead byte EE or EF): there the supplementary one is smaller.
    public static func < (left: Source, right: Source) -> Bool {
        let shared = Swift.min(left.utf8.count, right.utf8.count)
        var index = 0
        while index < shared {
            let (a, b) = (left.utf8[index], right.utf8[index])
            if a != b {
                if a >= 0xEE, b >= 0xEE, (a >= 0xF0) != (b >= 0xF0) { return a >= 0xF0 }
                return a < b
            }
            index += 1
        }
        return left.utf8.count < right.utf8.count
    }
}

extension Source: CustomStringConvertible {
    /// The text of the source.
    public var description: String { text }
}

// SPDX-License-Identifier: MIT

/// A text that is compared by its code points, as JavaScript does, and costs a page little.
///
/// Swift's `String` compares and hashes by canonical equivalence, so two texts that differ in
/// JavaScript may be one key in Swift; and the tables for it add 80 kB to a module for the page.
public struct PortableText: Hashable, Sendable {
    /// The text as UTF-8.
    ///
    /// An unpaired surrogate, which a text from JavaScript may have, is the three bytes that it
    /// would have if it were a character.
    public let utf8: [UInt8]

    /// Creates a text from its UTF-8.
    public init(utf8: [UInt8]) { self.utf8 = utf8 }

    /// Creates a text from a string.
    public init(_ string: String) { utf8 = Array(string.utf8) }

    /// The text as a string, in which U+FFFD takes the place of an unpaired surrogate.
    public var string: String {
        var utf8 = utf8
        var start = 0
        while let surrogate = PortableText.surrogate(in: utf8, from: start) {
            utf8.replaceSubrange(surrogate..<surrogate + 3, with: [0xEF, 0xBF, 0xBD])
            start = surrogate + 3
        }
        return String(decoding: utf8, as: UTF8.self)
    }

    /// The offset of the next unpaired surrogate.
    static func surrogate(in utf8: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 2 < utf8.count {
            if utf8[index] == 0xED, utf8[index + 1] >= 0xA0 { return index }
            index += 1
        }
        return nil
    }

    /// Whether there is no character.
    public var isEmpty: Bool { utf8.isEmpty }

    /// Hashes all bytes at once.
    public func hash(into hasher: inout Hasher) {
        utf8.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension PortableText: Comparable {
    /// Orders by UTF-16 code units, as JavaScript does; an unpaired surrogate comes before every
    /// pair.
    public static func < (left: PortableText, right: PortableText) -> Bool {
        for (a, b) in zip(left.utf8, right.utf8) where a != b {
            // Supplementary characters begin with F0–F4, and in UTF-16 with a smaller unit than
            // the characters that begin with EE and EF.
            if a >= 0xEE, b >= 0xEE, (a >= 0xF0) != (b >= 0xF0) { return a >= 0xF0 }
            return a < b
        }
        return left.utf8.count < right.utf8.count
    }
}

extension PortableText: JSONWritable {
    /// Writes a string.
    public func write(to json: inout JSONOutput) { json.string(utf8) }
}

extension PortableText: ExpressibleByStringLiteral {
    /// Creates a text from a literal.
    public init(stringLiteral literal: StaticString) {
        utf8 = literal.withUTF8Buffer { Array($0) }
    }
}

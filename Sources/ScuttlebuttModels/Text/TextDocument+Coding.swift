// SPDX-License-Identifier: MIT

extension TextDocument: Equatable {
    /// Whether both have the same scalars with the same identities in the same order, deleted ones
    /// included, and the same operations wait.
    ///
    /// - Complexity: O(*n*); at once for texts of different lengths.
    public static func == (left: TextDocument, right: TextDocument) -> Bool {
        left.sequence.tree.total == right.sequence.tree.total && left.saved() == right.saved()
    }
}

extension TextDocument: Codable {
    /// Reads the string that ``encode(to:)`` writes.
    ///
    /// - Throws: `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bytes = TextBase64.decode(Array(text.utf8)),
            let document = try? TextDocument(saved: bytes)
        else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "the string is no saved text in Base64")
        }
        self = document
    }

    /// Writes ``saved()`` as a string in Base64; the same for equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: TextBase64.encode(saved()), as: UTF8.self))
    }
}

/// Base64 as in RFC 4648, with padding.
enum TextBase64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = min(3, bytes.count - start)
            var word = 0
            for index in 0..<3 { word = word << 8 | (index < rest ? Int(bytes[start + index]) : 0) }
            for index in 0..<4 {
                output.append(
                    index <= rest ? digits[word >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return output
    }

    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var (word, bits) = (0, 0)
        for digit in text.dropLast(padding) {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            word = (word << 6 | Int(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return output
    }
}

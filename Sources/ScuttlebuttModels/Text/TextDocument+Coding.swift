// SPDX-License-Identifier: MIT

import Scuttlebutt

extension TextDocument: Equatable {
    /// Whether both hold the same scalars with the same identities, however they came about, and
    /// the same waits in both.
    ///
    /// - Complexity: O(n); at once for texts of which one has seen more.
    public static func == (left: TextDocument, right: TextDocument) -> Bool {
        left.count == right.count && left.version == right.version
            && left.pending == right.pending && left.saved() == right.saved()
    }
}

extension TextDocument: Codable {
    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer(),
            let text = try? container.decode(String.self)
        {
            self = try TextDocument.opened(text, decoder)
            return
        }
        var container = try decoder.unkeyedContainer()
        var document = try TextDocument.opened(try container.decode(String.self), decoder)
        while !container.isAtEnd {
            let operation = try container.decode(TextOperation.self)
            do {
                try document.apply(operation)
            } catch {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "\(error)")
            }
        }
        self = document
    }

    private static func opened(_ text: String, _ decoder: any Decoder) throws -> TextDocument {
        guard let bytes = Base64.decode(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "A text is written in base64."))
        }
        do {
            return try TextDocument(saved: bytes)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
        }
    }

    /// Writes the bytes of ``saved()`` as one string in base64: equal texts as equal strings.
    ///
    /// Where operations wait for others, an array of that string and these operations: a state
    /// that is saved and opened again must not forget them.
    public func encode(to encoder: any Encoder) throws {
        guard pending.count > 0 else {
            var container = encoder.singleValueContainer()
            return try container.encode(Base64.encode(saved()))
        }
        var container = encoder.unkeyedContainer()
        try container.encode(Base64.encode(saved()))
        for operation in pending.operations { try container.encode(operation) }
    }
}

/// Base64 of RFC 4648, for pure targets, which have no Foundation.
enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0)
            }
            for place in 0..<4 {
                let digit = digits[Int(bits >> UInt32(18 - 6 * place) & 63)]
                output.append(place <= count ? digit : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes of a text; `nil` for what `encode` does not write.
    static func decode(_ text: String) -> [UInt8]? {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        let input = Array(text.utf8)
        guard input.count % 4 == 0 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(input.count / 4 * 3)
        var index = 0
        while index < input.count {
            let isLast = index + 4 == input.count
            var padding = 0
            if isLast, input[index + 3] == UInt8(ascii: "=") {
                padding = input[index + 2] == UInt8(ascii: "=") ? 2 : 1
            }
            var bits: UInt32 = 0
            for offset in 0..<4 {
                let value = offset >= 4 - padding ? 0 : values[Int(input[index + offset])]
                guard value < 64 else { return nil }
                bits = bits << 6 | UInt32(value)
            }
            // One text for one value: what the padding stands for is zero.
            guard bits & (1 << UInt32(8 * padding) - 1) == 0 else { return nil }
            for place in 0..<(3 - padding) {
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * place)))
            }
            index += 4
        }
        return output
    }
}

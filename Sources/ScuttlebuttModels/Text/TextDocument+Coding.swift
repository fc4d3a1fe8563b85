// SPDX-License-Identifier: MIT

extension TextDocument: Equatable {
    /// Whether both documents have the same scalars with the same identities, however they came
    /// about, and the same waiting operations.
    ///
    /// - Complexity: O(n), but O(sources) if one document has seen more than the other.
    public static func == (left: TextDocument, right: TextDocument) -> Bool {
        left.count == right.count && left.seenCounts == right.seenCounts
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
                    debugDescription: "A text must be a base64 string."))
        }
        do {
            return try TextDocument(saved: bytes)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
        }
    }

    /// Writes the bytes of ``saved()`` as one base64 string, which is equal for equal documents.
    ///
    /// If operations wait for others, it writes an array of the string without them and of these
    /// operations, as JSON can express them.
    public func encode(to encoder: any Encoder) throws {
        guard pending.count > 0 else {
            var container = encoder.singleValueContainer()
            return try container.encode(Base64.encode(savedRuns()))
        }
        var container = encoder.unkeyedContainer()
        try container.encode(Base64.encode(savedRuns()))
        for operation in pending.operations { try container.encode(operation) }
    }
}

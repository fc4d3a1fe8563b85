// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An edit of a text in terms of identities.
///
/// It means the same on every peer, whatever they have typed meanwhile, and operations commute.
///
/// Make it when you dispatch, with ``TextDocument/makeInsert(_:at:by:)`` and the like, put it into
/// the action, and let the reducer apply it.
public struct TextOperation: Hashable, Sendable {
    /// The inserted scalars.
    public struct Insertion: Hashable, Sendable {
        /// The counter of the first scalar; the others follow it.
        public let start: Int
        /// The scalar that the first one is attached to; `nil` for the root of the text.
        public let parent: TextID?
        /// The side of the parent; always the right one for the root.
        public let side: TextSide
        /// The scalars, at least one.
        public let text: String

        /// Creates an insertion.
        public init(start: Int, parent: TextID?, side: TextSide, text: String) {
            self.start = start
            self.parent = parent
            self.side = side
            self.text = text
        }
    }

    /// Who edits: the source of the new identities.
    public let source: Source
    /// What is inserted, if anything.
    public let insertion: Insertion?
    /// What is deleted.
    public let deletions: [TextRun]

    /// Creates an operation.
    public init(source: Source, insertion: Insertion? = nil, deletions: [TextRun] = []) {
        self.source = source
        self.insertion = insertion
        self.deletions = deletions
    }

    /// Whether nothing is inserted or deleted.
    public var isEmpty: Bool { insertion == nil && deletions.isEmpty }
}

extension TextOperation: Codable {
    private enum Key: String, CodingKey { case by, insert, delete }
    private enum InsertionKey: String, CodingKey { case start, after, before, of, text }

    /// Reads `{"by":…,"insert":{…},"delete":[[source,start,count],…]}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let source = try TextOperation.source(
            try container.decode(String.self, forKey: .by), decoder)
        var insertion: Insertion?
        if container.contains(.insert) {
            let inner = try container.nestedContainer(keyedBy: InsertionKey.self, forKey: .insert)
            let before = try inner.decodeIfPresent(Int.self, forKey: .before)
            var parent: TextID?
            if let counter = try before ?? inner.decodeIfPresent(Int.self, forKey: .after) {
                let writer = try inner.decodeIfPresent(String.self, forKey: .of)
                parent = TextID(
                    source: try writer.map { try TextOperation.source($0, decoder) } ?? source,
                    counter: counter)
            }
            insertion = Insertion(
                start: try inner.decode(Int.self, forKey: .start), parent: parent,
                side: before == nil ? .right : .left,
                text: try inner.decode(String.self, forKey: .text))
        }
        var deletions: [TextRun] = []
        if container.contains(.delete) {
            var list = try container.nestedUnkeyedContainer(forKey: .delete)
            while !list.isAtEnd {
                var run = try list.nestedUnkeyedContainer()
                let writer = try TextOperation.source(try run.decode(String.self), decoder)
                let start = try run.decode(Int.self)
                let (end, overflows) = start.addingReportingOverflow(try run.decode(Int.self))
                guard !overflows, start >= 0, end >= start else {
                    throw DecodingError.dataCorruptedError(
                        in: run, debugDescription: "A deletion has an invalid range.")
                }
                deletions.append(TextRun(source: writer, counters: start..<end))
            }
        }
        self.init(source: source, insertion: insertion, deletions: deletions)
    }

    private static func source(_ text: String, _ decoder: any Decoder) throws -> Source {
        guard let source = Source(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "The name of a source is invalid."))
        }
        return source
    }

    /// Writes the members in a fixed order.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(source.text, forKey: .by)
        if let insertion {
            var inner = container.nestedContainer(keyedBy: InsertionKey.self, forKey: .insert)
            try inner.encode(insertion.start, forKey: .start)
            if let parent = insertion.parent {
                try inner.encode(parent.counter, forKey: insertion.side == .left ? .before : .after)
                if parent.source != source { try inner.encode(parent.source.text, forKey: .of) }
            }
            try inner.encode(insertion.text, forKey: .text)
        }
        guard !deletions.isEmpty else { return }
        var list = container.nestedUnkeyedContainer(forKey: .delete)
        for run in deletions {
            var item = list.nestedUnkeyedContainer()
            try item.encode(run.source.text)
            try item.encode(run.counters.lowerBound)
            try item.encode(run.counters.count)
        }
    }
}

// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The binary form of the operations that wait for others, at the end of a saved text.
///
/// The number of operations; for each its source, then a byte of flags and what the flags say: the
/// insertion (its start, its parent's source and counter, its text), and the number of deleted runs
/// (for each its source, its start, and its length). Names and texts have their length in front.
enum SavedOperations {
    private enum Flag {
        static let insertion: UInt8 = 1
        static let parent: UInt8 = 2
        static let left: UInt8 = 4
        static let all = insertion | parent | left
    }

    static func append(_ operations: [TextOperation], to output: inout ByteWriter) {
        output.append(UInt64(operations.count))
        for operation in operations {
            append(operation.source.utf8, to: &output)
            var flags: UInt8 = 0
            if let insertion = operation.insertion {
                flags |= Flag.insertion
                if insertion.parent != nil { flags |= Flag.parent }
                if insertion.side == .left { flags |= Flag.left }
            }
            output.bytes.append(flags)
            if let insertion = operation.insertion {
                output.append(UInt64(insertion.start))
                if let parent = insertion.parent {
                    append(parent.source.utf8, to: &output)
                    output.append(UInt64(parent.counter))
                }
                append(insertion.text.utf8, to: &output)
            }
            output.append(UInt64(operation.deletions.count))
            for run in operation.deletions {
                append(run.source.utf8, to: &output)
                output.append(UInt64(run.counters.lowerBound))
                output.append(UInt64(run.counters.count))
            }
        }
    }

    private static func append(_ text: some Collection<UInt8>, to output: inout ByteWriter) {
        output.append(UInt64(text.count))
        output.bytes += text
    }

    /// Reads the operations; `nil` if the bytes are damaged.
    ///
    /// Whoever applies the operations checks their numbers.
    static func read(_ reader: inout ByteReader) -> [TextOperation]? {
        guard let count = reader.number(), count > 0, count <= PendingOperations.limit,
            count <= reader.remaining / 4
        else { return nil }
        var operations: [TextOperation] = []
        for _ in 0..<count {
            guard let operation = operation(&reader) else { return nil }
            operations.append(operation)
        }
        return operations
    }

    private static func operation(_ reader: inout ByteReader) -> TextOperation? {
        guard let source = source(&reader), let flags = reader.byte(), flags & ~Flag.all == 0
        else { return nil }
        var insertion: TextOperation.Insertion?
        if flags & Flag.insertion != 0 {
            guard let read = self.insertion(&reader, flags) else { return nil }
            insertion = read
        }
        guard let count = reader.number(), count <= reader.remaining / 4 else { return nil }
        var runs: [TextRun] = []
        for _ in 0..<count {
            guard let source = self.source(&reader), let start = reader.number(),
                let length = reader.number(), length > 0
            else { return nil }
            runs.append(TextRun(source: source, counters: start..<start + length))
        }
        let operation = TextOperation(source: source, insertion: insertion, deletions: runs)
        return operation.isEmpty ? nil : operation
    }

    private static func insertion(
        _ reader: inout ByteReader, _ flags: UInt8
    ) -> TextOperation.Insertion? {
        guard let start = reader.number() else { return nil }
        var parent: TextID?
        if flags & Flag.parent != 0 {
            guard let source = source(&reader), let counter = reader.number() else { return nil }
            parent = TextID(source: source, counter: counter)
        }
        guard let text = text(&reader) else { return nil }
        return TextOperation.Insertion(
            start: start, parent: parent, side: flags & Flag.left == 0 ? .right : .left, text: text)
    }

    private static func text(_ reader: inout ByteReader) -> String? {
        guard let count = reader.number(), let bytes = reader.bytes(count) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func source(_ reader: inout ByteReader) -> Source? {
        text(&reader).flatMap { Source($0) }
    }
}

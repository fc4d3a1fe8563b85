// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The JSON of edits, as ``ReplicatedText`` describes it.
enum TextWire {
    // MARK: Writing

    static func payload(_ operations: [TextOperation]) -> Payload {
        var output: [UInt8] = []
        if operations.count != 1 { output.append(UInt8(ascii: "[")) }
        for (index, operation) in operations.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            append(operation, to: &output)
        }
        if operations.count != 1 { output.append(UInt8(ascii: "]")) }
        return output
    }

    private static func append(_ operation: TextOperation, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        if let insertion = operation.insertion {
            output += Array("\"insert\":[".utf8)
            append(insertion, of: operation.source, to: &output)
            output.append(UInt8(ascii: "]"))
        }
        if !operation.deletions.isEmpty {
            if operation.insertion != nil { output.append(UInt8(ascii: ",")) }
            output += Array("\"delete\":[".utf8)
            for (index, run) in operation.deletions.enumerated() {
                output += Array((index > 0 ? ",[" : "[").utf8)
                JSONNumber.append(Int64(run.counters.lowerBound), to: &output)
                output.append(UInt8(ascii: ","))
                JSONNumber.append(Int64(run.counters.count), to: &output)
                append(run.source, unless: operation.source, to: &output)
                output.append(UInt8(ascii: "]"))
            }
            output.append(UInt8(ascii: "]"))
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func append(
        _ insertion: TextOperation.Insertion, of source: Source, to output: inout [UInt8]
    ) {
        JSONNumber.append(Int64(insertion.start), to: &output)
        output.append(UInt8(ascii: ","))
        JSONString.encode(Array(insertion.text.utf8), into: &output)
        guard insertion.parent != last(before: insertion.start, of: source) || !isRight(insertion)
        else { return }
        output += Array((isRight(insertion) ? ",\"R\"" : ",\"L\"").utf8)
        guard let parent = insertion.parent else { return }
        output.append(UInt8(ascii: ","))
        JSONNumber.append(Int64(parent.counter), to: &output)
        append(parent.source, unless: source, to: &output)
    }

    private static func isRight(_ insertion: TextOperation.Insertion) -> Bool {
        insertion.side == .right
    }

    private static func append(
        _ source: Source, unless own: Source, to output: inout [UInt8]
    ) {
        guard source != own else { return }
        output.append(UInt8(ascii: ","))
        JSONString.encode(Array(source.utf8), into: &output)
    }

    private static func last(before start: Int, of source: Source) -> TextID? {
        start > 0 ? TextID(source: source, counter: start - 1) : nil
    }

    // MARK: Reading

    /// The operations of an update, or `nil` if it has the wrong shape.
    static func operations(_ update: Update) -> [TextOperation]? {
        update.payload.withUnsafeBufferPointer { bytes in
            guard var elements = JSONElements(bytes) else {
                return operation(bytes, at: 0, update.source).map { [$0] }
            }
            var operations: [TextOperation] = []
            while let element = elements.next() {
                guard let operation = operation(bytes, at: element.lowerBound, update.source)
                else { return nil }
                operations.append(operation)
            }
            return operations.isEmpty ? nil : operations
        }
    }

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func operation(
        _ bytes: Bytes, at offset: Int, _ source: Source
    ) -> TextOperation? {
        guard var members = JSONMembers(bytes, at: offset) else { return nil }
        var insertion: TextOperation.Insertion?
        var deletions: [TextRun] = []
        while let member = members.next() {
            if JSONMembers.key(member.key, in: bytes, is: "insert"), insertion == nil {
                insertion = self.insertion(bytes, member.value, source)
                guard insertion != nil else { return nil }
            } else if JSONMembers.key(member.key, in: bytes, is: "delete"), deletions.isEmpty {
                guard let runs = runs(bytes, member.value, source) else { return nil }
                deletions = runs
            } else {
                return nil
            }
        }
        let operation = TextOperation(source: source, insertion: insertion, deletions: deletions)
        return operation.isEmpty ? nil : operation
    }

    private static func insertion(
        _ bytes: Bytes, _ range: Range<Int>, _ source: Source
    ) -> TextOperation.Insertion? {
        guard var elements = JSONElements(bytes, at: range.lowerBound),
            let start = number(bytes, elements.next()),
            let text = text(bytes, elements.next()), !text.isEmpty
        else { return nil }
        var parent = last(before: start, of: source)
        var side = TextSide.right
        if let element = elements.next() {
            parent = nil
            switch self.text(bytes, element) {
            case "R": break
            case "L": side = .left
            case _: return nil
            }
            if let element = elements.next() {
                guard let counter = number(bytes, element),
                    let writer = self.source(bytes, elements.next(), own: source)
                else { return nil }
                parent = TextID(source: writer, counter: counter)
            }
        }
        guard elements.next() == nil, parent != nil || side == .right else { return nil }
        return TextOperation.Insertion(start: start, parent: parent, side: side, text: text)
    }

    private static func runs(
        _ bytes: Bytes, _ range: Range<Int>, _ source: Source
    ) -> [TextRun]? {
        guard var elements = JSONElements(bytes, at: range.lowerBound) else { return nil }
        var runs: [TextRun] = []
        while let element = elements.next() {
            guard var parts = JSONElements(bytes, at: element.lowerBound),
                let start = number(bytes, parts.next()),
                let count = number(bytes, parts.next()), count > 0,
                let writer = self.source(bytes, parts.next(), own: source),
                parts.next() == nil
            else { return nil }
            runs.append(TextRun(source: writer, counters: start..<start + count))
        }
        return runs.isEmpty ? nil : runs
    }

    /// A number from 0 to 2^31 − 1.
    private static func number(_ bytes: Bytes, _ range: Range<Int>?) -> Int? {
        guard let range, let number = JSONNumber.parseInteger(bytes, range),
            (0...Int64(TextDocument.maximumCounter)).contains(number)
        else { return nil }
        return Int(number)
    }

    private static func text(_ bytes: Bytes, _ range: Range<Int>?) -> String? {
        guard let range, bytes[range.lowerBound] == UInt8(ascii: "\""),
            let decoded = try? JSONString.decoded(bytes, at: range.lowerBound)
        else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    /// The named source, or the writer itself if none is named.
    private static func source(_ bytes: Bytes, _ range: Range<Int>?, own: Source) -> Source? {
        guard let range else { return own }
        return text(bytes, range).flatMap { Source($0) }
    }
}

// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

extension FuzzTarget {
    /// Texts are read as the standard library reads them, and doubles printed as it prints them.
    static let jsonNumber = FuzzTarget(
        "json-number", dictionary: "number", maximumByteCount: 128
    ) { bytes in
        guard let mode = bytes.first else { return }
        let rest = bytes[1...]
        switch mode & 3 {
        case 0:
            try checkText(Array(rest))
        case 1:
            // Two characters to a byte: nearly all texts are nearly numbers.
            let alphabet = Array("0123456789.e-+09".utf8)
            try checkText(rest.flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] })
        case 2:
            guard rest.count >= 8 else { return }
            let bits = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try checkDouble(Double(bitPattern: bits))
        default:
            // The middle between two doubles, and texts next to it.
            guard rest.count >= 8 else { return }
            let bits = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let double = Double(bitPattern: bits & ~(3 << 62) | 0x3FF0 << 48)
            guard double.isFinite, double < 1e15 else { return }
            try checkMiddle(above: double, rest.count > 8 ? Int(rest[9]) : 0)
        }
    }

    private static func checkText(_ bytes: [UInt8]) throws {
        var oracle = NaiveReader(bytes)
        let tree = oracle.value()
        let parsed = JSONNumber.parse(bytes)
        let integer = bytes.withUnsafeBufferPointer {
            JSONNumber.parseInteger($0, 0..<bytes.count)
        }
        guard case .number(let expected)? = tree, oracle.index == bytes.count,
            let first = bytes.first, first == 0x2D || (0x30...0x39).contains(first)
        else { return }
        try expect(
            parsed.bitPattern == expected.bitPattern, "\(text(bytes)): \(parsed), \(expected)")
        let isPlain = bytes.allSatisfy { $0 == 0x2D || (0x30...0x39).contains($0) }
        let integerText = isPlain && text(bytes) != "-0" ? text(bytes) : ""
        try expect(integer == Int64(integerText), "integer \(text(bytes)): \(integer ?? 0)")
    }

    private static func checkDouble(_ value: Double) throws {
        var printed: [UInt8] = []
        JSONNumber.append(value, to: &printed)
        guard value.isFinite else { return try expect(printed == Array("null".utf8), "not null") }
        let read = JSONNumber.parse(printed)
        try expect(read == value, "\(value) printed as \(text(printed)), read as \(read)")
        let valid = printed.withUnsafeBufferPointer {
            (try? JSONScanner($0).skipNumber(at: 0)) == printed.count
        }
        try expect(valid, "\(text(printed)) is no JSON")
        try expect(
            digits(text(printed)) == digits(value.description),
            "\(text(printed)) has other digits than \(value)")
    }

    /// The significant digits of a number text.
    private static func digits(_ text: String) -> String {
        let mantissa = text.prefix { $0 != "e" && $0 != "E" }.filter(\.isNumber)
        let significant = mantissa.drop { $0 == "0" }
        let zeros = significant.reversed().prefix { $0 == "0" }.count
        return String(significant.dropLast(zeros))
    }

    /// Writes down exactly what lies between a double and the next one, with its last digit moved.
    private static func checkMiddle(above double: Double, _ change: Int) throws {
        // Below 2^52 the fraction is an integer over a power of two: double it until it is whole.
        let step = double.nextUp - double
        let whole = double.rounded(.down)
        var fraction = double - whole + step / 2
        var digits = "\(Int64(whole))."
        while fraction > 0 {
            fraction *= 10
            let digit = fraction.rounded(.down)
            digits += "\(Int(digit))"
            fraction -= digit
            if digits.utf8.count > 80 { break }
        }
        if digits.hasSuffix(".") { digits += "0" }
        let end = String(change)
        try checkText(Array((digits + (change & 1 == 0 ? end : "000000\(end)")).utf8))
    }

    /// A vector's text reads back as the same vector, and merging is a join.
    static let versionVector = FuzzTarget(
        "version-vector", dictionary: "wire", maximumByteCount: 128
    ) { bytes in
        let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        let vectors = parts.map { VersionVector(text($0)) }
        for case let vector? in vectors {
            let read = VersionVector(vector.description)
            try expect(read == vector, "\(vector) reads back as \(String(describing: read))")
            try expect(vector.entries.map(\.source) == vector.entries.map(\.source).sorted(), "")
        }
        guard vectors.count == 2, let a = vectors[0], let b = vectors[1] else { return }
        let merged = a.merged(with: b)
        try expect(merged == b.merged(with: a), "merging depends on the order")
        try expect(merged.merged(with: a) == merged, "merging twice changes something")
        for entry in a.entries + b.entries {
            let stamp = Stamp(timestamp: entry.timestamp, source: entry.source)
            try expect(merged.covers(stamp), "\(merged) does not cover \(stamp)")
        }
    }
}

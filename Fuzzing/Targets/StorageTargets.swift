// SPDX-License-Identifier: MIT

@testable import ScuttlebuttRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension FuzzTarget {
    /// A file of lines is read as it would be cut at each newline, also where chunks meet.
    static let wireLineReader = FuzzTarget("wire-line-reader", maximumByteCount: 256) { bytes in
        guard let mode = bytes.first else { return }
        let content = Array(bytes[1...])
        let path = try temporaryFile(content)
        defer { unlink(path) }
        // Small pieces, so that they end anywhere in the input.
        let reader = try WireLineReader(path: path, chunkByteCount: 1 + Int(mode & 63))
        var lines: [ArraySlice<UInt8>] = []
        while let batch = try reader.next() {
            try expect(batch.firstNumber == lines.count + 1, "numbered \(batch.firstNumber)")
            try expect(!batch.lines.ranges.isEmpty, "an empty batch")
            for range in batch.lines.ranges { lines.append(batch.lines.bytes[range]) }
        }
        try expect(try reader.next() == nil, "lines after the end")
        var expected = content.split(separator: 0x0A, omittingEmptySubsequences: false)
        // A newline ends a line; behind the last one there is none.
        if expected.last?.isEmpty == true { expected.removeLast() }
        try expect(
            lines.count == expected.count && zip(lines, expected).allSatisfy { $0 == $1 },
            "\(lines.count) lines, not \(expected.count)")
    }

    private static func temporaryFile(_ content: [UInt8]) throws -> String {
        // In memory where there is such a file system.
        let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(folder)/scuttlebutt-lines-XXXXXX".utf8CString)
        let file = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkstemp($0) } ?? -1
        }
        let path = String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self)
        let written = content.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        try expect(close(file) == 0 && written == content.count, "no temporary file at \(path)")
        return path
    }
}

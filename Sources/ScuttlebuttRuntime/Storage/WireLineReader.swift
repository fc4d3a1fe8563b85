// SPDX-License-Identifier: MIT

import Scuttlebutt

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a file of wire lines sequentially, a batch at a time.
///
/// It does not parse the lines, and skips a byte order mark, with which programs on Windows begin a
/// file. Memory use is bounded by the longest line plus ``chunkByteCount``,
/// however large the file is. Must not be used from several tasks at once.
public final class WireLineReader {
    /// Consecutive lines of the file.
    public struct Batch: Sendable {
        /// The lines without their newlines, including blank ones, so that line numbers stay
        /// correct.
        public let lines: InboundLines
        /// The line number of the first of them, counted from 1.
        public let firstNumber: Int
    }

    /// The maximum length of a line in bytes without its newline, which is also the default limit
    /// for links.
    public static let maximumLineByteCount = 10_485_760
    /// The number of bytes read at once: 256 KiB.
    public static let chunkByteCount = 1 << 18

    /// The path, as given.
    public let path: String
    private let file: CInt
    private let chunkByteCount: Int
    private var rest: [UInt8] = []
    private var lineNumber = 1
    private var isAtEnd = false

    /// Opens a file for reading.
    ///
    /// - Throws: `StorageError` `.unreadable` if the file does not exist or cannot be opened.
    public convenience init(path: String) throws {
        try self.init(path: path, chunkByteCount: Self.chunkByteCount)
    }

    /// Opens a file for reading with a custom chunk size.
    init(path: String, chunkByteCount: Int) throws {
        precondition(chunkByteCount > 0, "the chunk size must be positive")
        self.path = path
        self.chunkByteCount = chunkByteCount
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw WireLineReader.unreadable(path) }
        self.file = file
    }

    deinit { close(file) }

    /// Returns the next lines, or `nil` at the end of the file.
    ///
    /// A last line without a newline counts as a line. Blocks while reading.
    ///
    /// - Throws: `StorageError` `.unreadable` if reading fails (for example for a directory), or
    ///   `.foreignOrCorrupt` if a line is longer than ``maximumLineByteCount``, after which the
    ///   file cannot be read any further.
    public func next() throws -> Batch? { try next(keepsPartialLine: false) }

    /// Returns the next complete lines of a file that another process is appending to, or `nil` if
    /// there are none yet.
    ///
    /// - Throws: The errors of ``next()``.
    package func nextComplete() throws -> Batch? { try next(keepsPartialLine: true) }

    private func next(keepsPartialLine: Bool) throws -> Batch? {
        var bytes: [UInt8] = []
        swap(&bytes, &rest)
        while !isAtEnd {
            let before = bytes.count
            try readChunk(into: &bytes)
            if isAtEnd { break }
            if let last = bytes[before...].lastIndex(of: 0x0A) {
                rest = Array(bytes[(last + 1)...])
                bytes.removeSubrange(last...)
                return try batch(bytes)
            }
            if bytes.count > Self.maximumLineByteCount { throw tooLong(lineNumber) }
        }
        guard !keepsPartialLine else {
            (rest, isAtEnd) = (bytes, false)
            return nil
        }
        return bytes.isEmpty ? nil : try batch(bytes)
    }

    private func readChunk(into bytes: inout [UInt8]) throws {
        var chunk = [UInt8](repeating: 0, count: chunkByteCount)
        var count = -1
        repeat {
            count = chunk.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw WireLineReader.unreadable(path) }
        isAtEnd = count == 0
        bytes += chunk[..<count]
    }

    private func batch(_ bytes: [UInt8]) throws -> Batch {
        let first = lineNumber
        var ranges: [Range<Int>] = []
        var start = first == 1 && bytes.starts(with: ByteOrderMark.utf8) ? 3 : 0
        while start <= bytes.count {
            let end = Self.newline(in: bytes, from: start)
            guard end - start <= Self.maximumLineByteCount else { throw tooLong(lineNumber) }
            ranges.append(start..<end)
            lineNumber += 1
            start = end + 1
        }
        return Batch(lines: InboundLines(bytes: bytes, ranges: ranges), firstNumber: first)
    }

    /// Returns the offset of the next newline, or the end of the bytes.
    private static func newline(in bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            else { return bytes.count }
            return UnsafeRawPointer(found) - base
        }
    }

    private func tooLong(_ number: Int) -> StorageError {
        StorageError(
            .foreignOrCorrupt,
            "\(path), line \(number): longer than \(Self.maximumLineByteCount) bytes; this is "
                + "probably not a file of wire lines")
    }

    private static func unreadable(_ path: String) -> StorageError {
        StorageError(
            .unreadable, "cannot read \(path): \(FileCause.describe(errno, path: path))")
    }
}

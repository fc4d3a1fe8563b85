// SPDX-License-Identifier: MIT

import Scuttlebutt

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The end of a file of wire lines that was being written when the power failed.
///
/// It is a line without its newline, which is JSON up to where it breaks off, or zero bytes, with
/// which some file systems fill what they have not written. Whoever appended it was never told that
/// it is durable.
package enum TornLine {
    /// Returns the length of the torn line at the end of a file; 0 if there is none, or no file.
    ///
    /// A last line that is complete except for its newline is not torn. A file of one line counts
    /// only if it begins like an update, because nothing else shows whose it is.
    package static func byteCount(of path: String) -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        // Whoever opens it for writing reports why it cannot be read.
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let tail = lastLine(of: file, Int(status.st_size)), isTorn(tail),
            tail.count < Int(status.st_size) || tail.starts(with: "[{".utf8)
        else { return 0 }
        return tail.count
    }

    /// Cuts a torn line off a file that nobody else writes, so that lines can be appended again.
    ///
    /// - Parameter count: What ``byteCount(of:)`` returned.
    /// - Throws: `StorageError` `.unreadable` if the file cannot be changed.
    package static func cut(_ count: Int, from path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, truncate(path, status.st_size - off_t(count)) == 0 else {
            throw StorageError(
                .unreadable,
                "cannot cut the torn last line off \(path): "
                    + FileCause.describe(errno, path: path))
        }
    }

    /// The bytes behind the last newline; `nil` if there are none, or more than a line may have.
    private static func lastLine(of file: CInt, _ byteCount: Int) -> [UInt8]? {
        // Zeros may follow the longest line.
        let bound = WireLineReader.maximumLineByteCount + WireLineReader.chunkByteCount
        let start = max(0, byteCount - bound - 1)
        var bytes = [UInt8](repeating: 0, count: byteCount - start)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    file, buffer.baseAddress?.advanced(by: filled), buffer.count - filled,
                    off_t(start + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            filled += count
        }
        guard let newline = bytes.lastIndex(of: 0x0A) else {
            return start == 0 && !bytes.isEmpty ? bytes : nil
        }
        let tail = Array(bytes[(newline + 1)...])
        return tail.isEmpty ? nil : tail
    }

    private static func isTorn(_ tail: [UInt8]) -> Bool {
        let text = tail.prefix { $0 != 0 }
        guard tail[text.count...].allSatisfy({ $0 == 0 }) else { return false }
        guard let first = text.first else { return true }
        guard "[{\"".utf8.contains(first) else { return false }
        if text.count < tail.count { return true }
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        return (try? decoder.decode(Array(text))) == nil
    }
}

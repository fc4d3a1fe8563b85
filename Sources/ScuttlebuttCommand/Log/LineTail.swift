// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// Reads complete lines of a file that another process is appending to.
struct LineTail: ~Copyable {
    /// One line without its newline, and its number, counted from 1.
    struct Line {
        let bytes: [UInt8]
        let number: Int
    }

    private let path: String
    private let file: CInt
    private var rest: [UInt8] = []
    private var number = 0

    /// Opens a file and starts at its beginning.
    init(path: String) throws {
        self.path = path
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw StorageError(
                .unreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(file) }

    /// Reads the next chunk and returns its complete lines, which may be none; returns `nil` if
    /// nothing was appended.
    mutating func next() throws -> [Line]? {
        var chunk = [UInt8](repeating: 0, count: WireLineReader.chunkByteCount)
        let count = Descriptor.read(file, into: &chunk)
        guard count > 0 else { return nil }
        var lines: [Line] = []
        var start = 0
        while let end = chunk[start..<count].firstIndex(of: 0x0A) {
            number += 1
            lines.append(Line(bytes: rest + chunk[start..<end], number: number))
            rest = []
            start = end + 1
        }
        rest += chunk[start..<count]
        guard rest.count <= WireLineReader.maximumLineByteCount else {
            throw CommandError(
                "\(path), line \(number + 1): longer than \(WireLineReader.maximumLineByteCount) "
                    + "bytes; this is probably not a file of wire lines")
        }
        return lines
    }
}

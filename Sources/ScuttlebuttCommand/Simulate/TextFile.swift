// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

/// Reads and writes small text files as a whole.
enum TextFile {
    /// The maximum size of a file to read.
    static let byteLimit = 64 << 20

    /// Reads a file.
    ///
    /// - Throws: ``CommandError`` if it does not exist, cannot be read, or is too large.
    static func read(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "read") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandError("cannot read \(path): it is not a file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Descriptor.read(file, into: &buffer)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
            guard bytes.count <= byteLimit else {
                throw CommandError("cannot read \(path): it is larger than \(byteLimit) bytes")
            }
        }
    }

    /// Writes a file, replacing its contents.
    ///
    /// - Throws: ``CommandError`` if that fails.
    static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw failure(path, "write") }
        defer { close(file) }
        try Descriptor.write(Array(text.utf8), to: file)
    }

    private static func failure(_ path: String, _ verb: String) -> CommandError {
        CommandError("cannot \(verb) \(path): \(FileCause.describe(errno, path: path))")
    }
}

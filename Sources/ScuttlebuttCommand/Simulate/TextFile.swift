// SPDX-License-Identifier: MIT

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Small files of text, read and written as a whole.
enum TextFile {
    /// How large a file may be that is read.
    static let byteLimit = 64 << 20

    /// Reads a file.
    ///
    /// - Throws: ``CommandFailure`` when there is none, or it is too large.
    static func read(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "read") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure("\(path) is not a file.")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Descriptor.read(file, into: &buffer)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
            guard bytes.count <= byteLimit else {
                throw CommandFailure("\(path) has more than \(byteLimit) bytes.")
            }
        }
    }

    /// Writes a file, and replaces what it held.
    ///
    /// - Throws: ``CommandFailure`` when that is not possible.
    static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw failure(path, "written") }
        defer { close(file) }
        try Descriptor.write(Array(text.utf8), to: file)
    }

    private static func failure(_ path: String, _ verb: String) -> CommandFailure {
        CommandFailure("\(path) could not be \(verb): \(String(cString: strerror(errno))).")
    }
}

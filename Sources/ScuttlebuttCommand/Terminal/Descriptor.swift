// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

/// Blocking reads and writes on a file descriptor, even a non-blocking one.
enum Descriptor {
    /// Writes all `bytes`.
    ///
    /// - Throws: ``OutputClosedError``, ``CommandError``.
    static func write(_ bytes: [UInt8], to file: CInt) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                send(file, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                wait(file, for: Int16(POLLOUT))
            } else if count < 0, errno == EPIPE {
                throw OutputClosedError()
            } else if count == 0 || errno != EINTR {
                throw CommandError(
                    "cannot write the output: \(FileCause.describe(errno, path: ""))")
            }
        }
    }

    /// Reads at least one byte and returns the number read; returns 0 at the end or on an error.
    static func read(_ file: CInt, into buffer: inout [UInt8]) -> Int {
        while true {
            let count = buffer.withUnsafeMutableBytes { receive(file, $0.baseAddress, $0.count) }
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: wait(file, for: Int16(POLLIN))
            default: return 0
            }
        }
    }

    private static func wait(_ file: CInt, for events: Int16) {
        var waiting = pollfd(fd: file, events: events, revents: 0)
        _ = poll(&waiting, 1, -1)  // input and output have a queue with its own thread
    }

    #if canImport(Glibc)
        private static let send = Glibc.write
        private static let receive = Glibc.read
    #elseif canImport(Musl)
        private static let send = Musl.write
        private static let receive = Musl.read
    #else
        private static let send = Darwin.write
        private static let receive = Darwin.read
    #endif
}

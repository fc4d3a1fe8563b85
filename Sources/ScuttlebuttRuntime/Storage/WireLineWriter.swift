// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Appends wire lines to a file.
///
/// Lines are gathered to writes of ``bufferByteCount`` and are durable after ``flush()`` or
/// ``close()``. What stands in the file is never changed. Calls block for the writing.
///
/// The file must not be a store that this process has open: closing it here would drop the locks
/// that SQLite holds on it.
public final class WireLineWriter: Sendable {
    /// From how many waiting bytes on they are written: 256 KiB.
    public static let bufferByteCount = 1 << 18

    private struct State {
        var file: CInt?
        var buffer: [UInt8] = []
        var needsNewline: Bool
    }

    /// The file, as it was named.
    public let path: String
    private let state: Mutex<State>

    /// Opens a file for appending, and makes it if there is none.
    ///
    /// Where the last line of an existing file lacks its newline, the first append supplies it.
    ///
    /// - Throws: ``StorageError`` `.unreadable` when the file cannot be opened or made.
    public init(appendingTo path: String) throws {
        self.path = path
        let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw StorageError(
                .unreadable, "\(path) cannot be written: \(String(cString: strerror(errno))).")
        }
        let end = lseek(file, 0, SEEK_END)
        var last: UInt8 = 0x0A
        // A device has no end to look at.
        if end > 0 { _ = pread(file, &last, 1, end - 1) }
        state = Mutex(State(file: file, needsNewline: last != 0x0A))
    }

    deinit {
        state.withLock { state in
            guard let file = state.file else { return }
            try? write(&state, file)
            _ = Descriptor.closeFile(file)
        }
    }

    /// Appends one line, given without its newline.
    ///
    /// - Throws: ``StorageError`` `.writeFailed` when earlier lines cannot be written (this one is
    ///   not taken then), `.closed`.
    public func append(_ line: some Collection<UInt8>) throws {
        try take { buffer in
            buffer.append(contentsOf: line)
            buffer.append(0x0A)
        }
    }

    /// Appends lines that were encoded for the wire.
    ///
    /// - Throws: As ``append(_:)-(Collection<UInt8>)``.
    public func append(_ lines: OutboundLines) throws {
        guard !lines.bytes.isEmpty else { return }
        try take { $0.append(contentsOf: lines.bytes) }
    }

    /// Writes everything and waits until it is on the disk.
    ///
    /// - Throws: ``StorageError`` `.writeFailed`; what could not be written is kept for the next
    ///   call. `.closed`.
    public func flush() throws {
        try state.withLock { state in
            guard let file = state.file else { throw closed }
            try sync(&state, file)
        }
    }

    /// Writes everything, waits until it is on the disk, and closes the file.
    ///
    /// A second call does nothing.
    ///
    /// - Throws: ``StorageError`` `.writeFailed`; the file is closed nevertheless.
    public func close() throws {
        try state.withLock { state in
            guard let file = state.file else { return }
            state.file = nil
            defer { _ = Descriptor.closeFile(file) }
            try sync(&state, file)
        }
    }

    private func take(_ add: (inout [UInt8]) -> Void) throws {
        try state.withLock { state in
            guard let file = state.file else { throw closed }
            // Before the line is taken: so a full disk cannot make the buffer grow.
            if state.buffer.count >= Self.bufferByteCount { try write(&state, file) }
            if state.needsNewline { state.buffer.append(0x0A) }
            state.needsNewline = false
            add(&state.buffer)
        }
    }

    private func sync(_ state: inout State, _ file: CInt) throws {
        try write(&state, file)
        // Pipes and devices have nothing to sync.
        guard fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure() }
    }

    private func write(_ state: inout State, _ file: CInt) throws {
        var written = 0
        // What did get out is not written a second time, or a line would be torn in two.
        defer { state.buffer.removeFirst(written) }
        while written < state.buffer.count {
            let count = state.buffer.withUnsafeBytes { buffer in
                Descriptor.writeBytes(
                    file, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            written += count
        }
    }

    private func failure() -> StorageError {
        StorageError(
            .writeFailed,
            "\(path) could not be written: \(String(cString: strerror(errno))).")
    }

    private var closed: StorageError { StorageError(.closed, "\(path) was closed.") }
}

/// The system calls by names that the writer's own methods do not hide.
private enum Descriptor {
    #if canImport(Glibc)
        static let writeBytes = Glibc.write
        static let closeFile = Glibc.close
    #elseif canImport(Musl)
        static let writeBytes = Musl.write
        static let closeFile = Musl.close
    #else
        static let writeBytes = Darwin.write
        static let closeFile = Darwin.close
    #endif
}

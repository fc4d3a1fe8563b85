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
/// Lines are buffered up to ``bufferByteCount`` and are durable after ``flush()`` or ``close()``.
/// Existing contents are never changed. Calls block while writing.
///
/// The file must not be a store that this process has open, because closing it here would release
/// the locks that SQLite holds on it.
public final class WireLineWriter: Sendable {
    /// The number of buffered bytes that triggers a write: 256 KiB.
    public static let bufferByteCount = 1 << 18

    private struct State {
        var file: CInt?
        var buffer: [UInt8] = []
        var needsNewline: Bool
    }

    /// The path, as given.
    public let path: String
    private let state: Mutex<State>

    /// Opens a file for appending, creating it if it does not exist.
    ///
    /// If the last line of an existing file lacks a newline, the first append adds it.
    ///
    /// - Throws: `StorageError` `.unreadable` if the file cannot be opened or created.
    public init(appendingTo path: String) throws {
        self.path = path
        let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw StorageError(
                .unreadable, "cannot write \(path): \(FileCause.describe(errno, path: path))")
        }
        let end = lseek(file, 0, SEEK_END)
        var last: UInt8 = 0x0A
        // A device has no last byte to inspect.
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
    /// - Throws: `StorageError` `.writeFailed` if earlier lines cannot be written, in which case
    ///   this one is not accepted; `.closed`.
    public func append(_ line: some Collection<UInt8>) throws {
        try take { buffer in
            buffer.append(contentsOf: line)
            buffer.append(0x0A)
        }
    }

    /// Appends lines encoded for the wire.
    ///
    /// - Throws: The errors of ``append(_:)-(Collection<UInt8>)``.
    public func append(_ lines: OutboundLines) throws {
        guard !lines.bytes.isEmpty else { return }
        try take { $0.append(contentsOf: lines.bytes) }
    }

    /// Writes everything and waits until it is durable.
    ///
    /// - Throws: `StorageError` `.writeFailed`, in which case unwritten bytes are kept for the
    ///   next call; `.closed`.
    public func flush() throws {
        try state.withLock { state in
            guard let file = state.file else { throw closed }
            try sync(&state, file)
        }
    }

    /// Writes everything, waits until it is durable, and closes the file.
    ///
    /// A second call does nothing.
    ///
    /// - Throws: `StorageError` `.writeFailed`; the file is closed anyway.
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
            // Write before accepting the line, so that a full disk cannot make the buffer grow.
            if state.buffer.count >= Self.bufferByteCount { try write(&state, file) }
            if state.needsNewline { state.buffer.append(0x0A) }
            state.needsNewline = false
            add(&state.buffer)
        }
    }

    private func sync(_ state: inout State, _ file: CInt) throws {
        try write(&state, file)
        // Pipes and devices cannot be synchronised.
        guard fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure() }
    }

    private func write(_ state: inout State, _ file: CInt) throws {
        var written = 0
        // Bytes already written must not be written again, which would corrupt a line.
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
            "cannot write \(path): \(FileCause.describe(errno, path: path))")
    }

    private var closed: StorageError { StorageError(.closed, "\(path) was closed") }
}

/// The system calls under names that the writer's methods do not shadow.
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

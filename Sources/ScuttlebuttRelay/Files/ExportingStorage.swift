// SPDX-License-Identifier: MIT

import Dispatch
public import Scuttlebutt
public import ScuttlebuttRuntime
import Synchronization

/// A log storage that wraps another one and also appends every update to a file of wire lines.
///
/// An update goes to the base storage first and then to the file; it is durable in both when
/// ``append(_:)`` returns. Updates already in the file are not written again, so a file that is
/// incomplete after a crash is completed by the next ``load(_:)``. The file is in storage order, in
/// which an update may follow newer ones of its source.
public final class ExportingStorage: LogStorage {
    private let base: (any LogStorage)?
    private let file: WireLineWriter
    /// The stamps of the updates in the file.
    private let exported: Mutex<StampSet>
    /// Where the file is written: a disk, or whoever reads from a pipe, takes its time.
    private let queue = DispatchQueue(label: "scuttlebutt.export")

    /// Creates a storage that appends to a file, creating the file if it does not exist.
    ///
    /// If the power failed while the last line was written, it is cut off; ``load(_:)`` writes it
    /// again if the base storage has it.
    ///
    /// - Parameters:
    ///   - path: The file of wire lines.
    ///   - base: The storage that keeps the log, or `nil` to only export it.
    ///   - report: Receives a message for people if a line was cut off.
    /// - Throws: `StorageError` `.unreadable`, or `.foreignOrCorrupt` if the file does not consist
    ///   of wire lines; it is not changed in that case.
    public init(
        path: String, base: (any LogStorage)?, report: ((String) -> Void)? = nil
    ) throws {
        self.base = base
        let torn = TornLine.byteCount(of: path)
        // Before anything is changed, so that a file that is not ours is found out.
        let stamps = try WireLines.stamps(of: path, withoutPartialLine: torn > 0)
        if torn > 0 {
            try TornLine.cut(torn, from: path)
            report?(
                "the last line of \(path) was not written completely; cut off its \(torn) bytes")
        }
        exported = Mutex(stamps)
        file = try WireLineWriter(appendingTo: path)
    }

    /// Returns the source of the base storage, or `proposed` if there is none.
    public func source(proposing proposed: Source) async throws -> Source {
        try await base?.source(proposing: proposed) ?? proposed
    }

    /// Loads the base storage and exports any update the file lacks.
    public func load(_ body: @Sendable ([Update]) throws -> Void) async throws {
        try await base?.load { updates in
            try self.export(updates)
            try body(updates)
        }
        try await onQueue { [file] in try file.flush() }
    }

    /// Appends updates to the base storage and to the file; only one call may run at a time.
    public func append(_ updates: [Update]) async throws {
        try await base?.append(updates)
        try await onQueue { [self] in
            try export(updates)
            try file.flush()
        }
    }

    private func onQueue(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private func export(_ updates: [Update]) throws {
        try exported.withLock { exported in
            var line: [UInt8] = []
            for update in updates where !exported.contains(update.stamp) {
                line.removeAll(keepingCapacity: true)
                ClassicWire.append(update, to: &line)
                try file.append(line)
                // Recorded only once the line is accepted, so that a full disk loses no update.
                _ = exported.add(update.stamp)
            }
        }
    }

    /// Returns the refusals of the base storage.
    public func refusals() async throws -> [Fingerprint] { try await base?.refusals() ?? [] }

    /// Remembers refusals in the base storage.
    public func remember(refusals: [Fingerprint]) async throws {
        try await base?.remember(refusals: refusals)
    }

    /// Flushes and closes the file, then closes the base storage.
    public func close() async {
        try? await onQueue { [file] in try file.close() }
        await base?.close()
    }
}

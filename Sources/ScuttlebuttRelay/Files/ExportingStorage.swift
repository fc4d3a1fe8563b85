// SPDX-License-Identifier: MIT

import Dispatch
public import Scuttlebutt
public import ScuttlebuttRuntime
import Synchronization

/// A log storage that also appends every update to a file of wire lines.
///
/// An update goes to the storage behind it first, then to the file, and is on the disk in both when
/// ``append(_:)`` returns. What the file has already is not written again, so a file that was
/// left behind by a crash is completed at the next ``load(_:)``. The file is in the order of
/// storing, in which an update may follow newer ones of its source.
public final class ExportingStorage: LogStorage {
    private struct State {
        var exported: StampSet
    }

    private let base: (any LogStorage)?
    private let file: WireLineWriter
    private let state: Mutex<State>
    /// Where the file is written: a disk, or whoever reads from a pipe, takes its time.
    private let queue = DispatchQueue(label: "scuttlebutt.export")

    /// Opens the file, or makes it, and reads what it has.
    ///
    /// - Parameters:
    ///   - path: The file of wire lines.
    ///   - base: Where the log is kept; `nil` when the file is all there is.
    /// - Throws: `StorageError` `.unreadable`, or `.foreignOrCorrupt` when the file is none of wire
    ///   lines; it is left as it was then.
    public init(path: String, base: (any LogStorage)?) throws {
        self.base = base
        state = Mutex(State(exported: try WireLines.stamps(of: path)))
        file = try WireLineWriter(appendingTo: path)
    }

    /// The source of the log behind, or `proposed`.
    public func source(proposing proposed: Source) async throws -> Source {
        try await base?.source(proposing: proposed) ?? proposed
    }

    /// Hands out what the log behind has, and completes the file by it.
    public func load(_ body: @Sendable ([Update]) throws -> Void) async throws {
        try await base?.load { updates in
            try self.export(updates)
            try body(updates)
        }
        try await onQueue { [file] in try file.flush() }
    }

    /// Stores updates in the log behind and in the file; one call at a time.
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
        try state.withLock { state in
            var line: [UInt8] = []
            for update in updates where !state.exported.contains(update.stamp) {
                line.removeAll(keepingCapacity: true)
                ClassicWire.append(update, to: &line)
                try file.append(line)
                // After the line was taken, so that a full disk loses none of them.
                _ = state.exported.add(update.stamp)
            }
        }
    }

    /// The refusals of the log behind.
    public func refusals() async throws -> [Fingerprint] { try await base?.refusals() ?? [] }

    /// Remembers refusals in the log behind.
    public func remember(refusals: [Fingerprint]) async throws {
        try await base?.remember(refusals: refusals)
    }

    /// Completes and closes the file, then the log behind.
    public func close() async {
        try? await onQueue { [file] in try file.close() }
        await base?.close()
    }
}

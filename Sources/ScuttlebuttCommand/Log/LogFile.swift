// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// A saved log: an SQLite store or a file of wire lines, distinguished by content.
struct LogFile: Sendable {
    /// The maximum number of updates in a batch.
    static let batchLimit = 4_096

    let path: String
    let kind: StoreFile.Kind
    /// Whether lines may hold any value, or actions only.
    let rules: ClassicWire.Rules
    /// Whether it is a store that lacks its newest updates.
    private let isIncomplete: Bool

    /// Inspects an existing file without creating or changing anything.
    ///
    /// - Throws: `StorageError` if the file does not exist; ``CommandError`` if it belongs to
    ///   another program.
    init(_ path: String, rules: ClassicWire.Rules) throws {
        self.path = path
        self.rules = rules
        kind = try StoreFile.kind(of: path)
        guard kind != .foreign else {
            throw CommandError(
                "cannot read \(path): it is neither a scuttlebutt store nor a file of wire lines, "
                    + "or it is damaged")
        }
        isIncomplete = try kind == .store && StoreFile.isIncomplete(path)
    }

    /// Reports, after everything in it was used, that newer updates are missing.
    ///
    /// - Throws: ``CommandError`` for a copy of a store that was made without its `-wal` file.
    func requireNewest() throws {
        guard isIncomplete else { return }
        throw CommandError(
            "\(path) is a copy of a store that was in use, made without its \(path)-wal: this "
                + "is what the copy has, but its newest updates are missing; copy both files",
            code: CommandError.checkFailed)
    }

    /// Passes all updates to `body` in storage order, in batches.
    ///
    /// Headers, `"SYNC"` and blank lines between the updates are skipped.
    ///
    /// - Throws: ``CommandError`` naming the file and line number of an invalid line;
    ///   `StorageError`; `CancellationError`.
    func read(_ body: @escaping @Sendable ([Update]) throws -> Void) async throws {
        switch kind {
        case .empty, .foreign:
            return
        case .lines:
            try readLines(body)
        default:
            let storage = try SQLiteStorage.open(path, mode: .readOnly)
            do {
                try await storage.load(body)
                await storage.close()
            } catch {
                await storage.close()
                throw error
            }
        }
    }

    /// Passes the index of a store that can be read in part to `body`.
    ///
    /// What is stored after this call began is left out.
    ///
    /// - Returns: `false` if it cannot be read in part: it is a file of wire lines, or a store that
    ///   no program of this version has written.
    /// - Throws: ``IndexedLog/Unusable`` if it is damaged; `StorageError` if it cannot be opened;
    ///   the errors of `body`.
    func withIndex(_ body: (LogIndex) async throws -> Void) async throws -> Bool {
        guard kind == .store else { return false }
        let storage = try SQLiteStorage.open(path, mode: .readOnly)
        do {
            let index = try await LogFile.index(of: storage)
            if let index { try await body(index) }
            await storage.close()
            return index != nil
        } catch {
            await storage.close()
            throw error
        }
    }

    /// Returns the index of a store as it is now; `nil` if it cannot be read in part.
    ///
    /// - Throws: ``IndexedLog/Unusable`` if it is damaged.
    static func index(of storage: SQLiteStorage) async throws -> LogIndex? {
        do {
            return try await storage.snapshot().map { LogIndex($0) }
        } catch let error as StorageError {
            throw IndexedLog.Unusable(description: "\(error)")
        }
    }

    private func readLines(_ body: ([Update]) throws -> Void) throws {
        let reader = try WireLineReader(path: path)
        var decoder = LineDecoder(wire: ClassicWire(rules: rules))
        var updates: [Update] = []
        while let batch = try reader.next() {
            try Task.checkCancellation()
            try forEachUpdate(in: batch, &decoder) { update in
                updates.append(update)
                if updates.count == LogFile.batchLimit {
                    try body(updates)
                    updates.removeAll(keepingCapacity: true)
                }
            }
        }
        if !updates.isEmpty { try body(updates) }
    }

    /// Passes the updates on some lines to `body`, one by one.
    func forEachUpdate(
        in batch: WireLineReader.Batch, _ decoder: inout LineDecoder,
        _ body: (Update) throws -> Void
    ) throws {
        try batch.lines.bytes.withUnsafeBufferPointer { bytes in
            for (index, range) in batch.lines.ranges.enumerated() {
                let line = UnsafeBufferPointer(rebasing: bytes[range])
                let number = batch.firstNumber + index
                if let update = try decode(line, number, &decoder) { try body(update) }
            }
        }
    }

    /// Decodes the update on one line; returns `nil` if the line carries none.
    private func decode(
        _ line: UnsafeBufferPointer<UInt8>, _ number: Int, _ decoder: inout LineDecoder
    ) throws -> Update? {
        let decoded: DecodedLine
        do {
            decoded = try decoder.decode(line)
        } catch {
            throw CommandError("\(path), line \(number): \(error.message)")
        }
        switch decoded {
        case .message(.update(let update)): return update
        case .message, .ignored: return nil
        case .refused(let refusal):
            throw CommandError("\(path), line \(number): \(refusal.message)")
        }
    }
}

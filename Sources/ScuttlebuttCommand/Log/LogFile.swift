// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// A saved log: an SQLite store or a file of wire lines, told apart by content.
struct LogFile: Sendable {
    /// How many updates are handed out at once.
    static let batchLimit = 4_096

    let path: String
    let kind: StoreFile.Kind
    /// Which values the lines may have: actions only, or any.
    let rules: ClassicWire.Rules

    /// Looks at a file; reading verbs create nothing.
    ///
    /// - Throws: `StorageError` when there is no such file; ``CommandFailure`` when it is of
    ///   another program.
    init(_ path: String, rules: ClassicWire.Rules) throws {
        self.path = path
        self.rules = rules
        kind = try StoreFile.kind(of: path)
        guard kind != .foreign else {
            throw CommandFailure(
                "\(path) is neither a scuttlebutt log nor a file of wire lines, or it is damaged; "
                    + "it was left as it is.")
        }
    }

    /// Hands out all updates in the order in which they were stored, in batches.
    ///
    /// Headers, SYNCs and blank lines between the updates are skipped.
    ///
    /// - Throws: ``CommandFailure`` with file and number for a bad line; `StorageError`;
    ///   `CancellationError`.
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

    private func readLines(_ body: ([Update]) throws -> Void) throws {
        let reader = try WireLineReader(path: path)
        var decoder = LineDecoder(wire: ClassicWire(rules: rules))
        var updates: [Update] = []
        while let batch = try reader.next() {
            try Task.checkCancellation()
            try batch.lines.bytes.withUnsafeBufferPointer { bytes in
                for (index, range) in batch.lines.ranges.enumerated() {
                    let line = UnsafeBufferPointer(rebasing: bytes[range])
                    let number = batch.firstNumber + index
                    if let update = try decode(line, number, &decoder) { updates.append(update) }
                    if updates.count == LogFile.batchLimit {
                        try body(updates)
                        updates.removeAll(keepingCapacity: true)
                    }
                }
            }
        }
        if !updates.isEmpty { try body(updates) }
    }

    /// The update of one line, or `nil` when it carries none.
    func decode(
        _ line: UnsafeBufferPointer<UInt8>, _ number: Int, _ decoder: inout LineDecoder
    ) throws -> Update? {
        let decoded: DecodedLine
        do {
            decoded = try decoder.decode(line)
        } catch {
            throw CommandFailure("\(path), line \(number): \(error.message).")
        }
        switch decoded {
        case .message(.update(let update)): return update
        case .message, .ignored: return nil
        case .refused(let refusal):
            throw CommandFailure("\(path), line \(number): \(refusal.message).")
        }
    }
}

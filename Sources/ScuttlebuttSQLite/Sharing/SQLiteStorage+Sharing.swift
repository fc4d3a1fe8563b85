// SPDX-License-Identifier: MIT

import GRDB
import Scuttlebutt
public import ScuttlebuttRuntime
import Synchronization

extension SQLiteStorage: SharedLogStorage {
    /// Whether the log was opened with ``Mode/shared``.
    public var isShared: Bool { membership != nil }

    /// The right to connect to peers on behalf of all processes that share the log; `nil` if it is
    /// not shared.
    public var connectionLease: (any ConnectionLease)? { membership?.lease }

    /// Returns the next updates that others have stored, in the order of storing, beginning after
    /// what the first ``summary()`` or ``load(_:)`` saw.
    ///
    /// - Throws: The errors of ``load(_:)``.
    public func nextOfOthers(limit: Int) async throws -> StoredByOthers {
        while true {
            let (place, end) = places.withLock { ($0.known, $0.end) }
            guard let place else { return StoredByOthers() }
            let (portion, next) = try await readApart { [sources] database in
                try sources.withLock { table in
                    var reader = UpdateReader(table: table)
                    defer { table = reader.table }
                    return try reader.stored(after: place, upTo: end, limit: limit, database)
                }
            }
            places.withLock { $0.advance(to: next) }
            // Between what this process wrote and what it writes next there may be nothing.
            if !portion.isEmpty || next == place { return portion }
        }
    }

    /// Returns a sequence that has an element now and whenever others may have stored something,
    /// and ends when the storage is closed; for one reader.
    public func changesOfOthers() -> AsyncStream<Void> {
        membership?.notes.changes() ?? AsyncStream { $0.finish() }
    }

    // MARK: Opening and closing

    static func openShared(
        _ path: String, period: ChangeNotes.Period = ChangeNotes.Period(),
        _ pause: @escaping @Sendable () async throws -> Void = SQLiteStorage.idlePause
    ) throws -> SQLiteStorage {
        // Nothing is put next to a file that is not ours.
        if try !StoreFile.isMissingOrEmpty(path) { try StoreFile.requireStore(path) }
        let gate = try StoreMembership.enterGate(path)
        defer { gate.remove() }
        var membership: StoreMembership?
        do {
            let place = try StoreMembership(store: path, period: period)
            membership = place
            // Nobody begins or ends writing meanwhile.
            if try StoreFile.isMissingOrEmpty(path) {
                try StoreFile.create(path)
            } else if try StoreFile.check(path).lacksTail {
                throw WritingMark.incomplete(path)
            }
            return try translating(path, .opening) {
                let connection = try Connection.writing(path, isShared: true)
                let storage = SQLiteStorage(
                    path: path, mode: .shared, connection: connection, lock: nil, writer: nil,
                    membership: place, pause: pause)
                do {
                    try storage.prepareSharing(connection)
                } catch {
                    connection.close()
                    throw error
                }
                return storage
            }
        } catch {
            membership?.end()
            if let membership, membership.isLast() { membership.removeFiles() }
            throw error
        }
    }

    /// Brings the file into the form that can be shared.
    private func prepareSharing(_ connection: Connection) throws {
        let isReady = try connection.read { database in
            try Schema.check(database, path: path)
            return try SharedSchema.isPresent(database)
        }
        if isReady { return }
        try connection.database.writeWithoutTransaction { database in
            try SystemFailure.noting {
                _ = try marked(database) { try SharedSchema.upgrade(database) }
                _ = try database.checkpoint(.passive)
            }
        }
    }
}

extension StoreMembership {
    /// Closes the connection and gives up the place; the last one merges the write-ahead log and
    /// removes the files next to the store.
    ///
    /// If others keep opening and closing the store for long, everything stays as after a crash.
    func leave(_ connection: Connection, _ path: String) async {
        end()
        let gate = await StoreMembership.enterGateAsync(store)
        connection.close()
        guard let gate else { return }
        defer { gate.remove() }
        guard isLast() else { return }
        if let last = try? Connection.writing(path) {
            await last.finishWriting()
            last.close()
        }
        removeFiles()
    }
}

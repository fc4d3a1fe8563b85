// SPDX-License-Identifier: MIT

import Foundation
import GRDBSQLite
import Scuttlebutt
import ScuttlebuttRuntime

/// The place of one process among those that share a store: it holds `FILE-lock` together with the
/// others, and a slot alone.
///
/// The kernel releases both when the process ends, however it ends. Then the slot, and with it the
/// source of this process, is free for the next one.
final class StoreMembership: Sendable {
    let store: String
    /// The number of the slot, from 1.
    let slot: Int
    let notes: ChangeNotes
    let lease: LinkLease
    private let shared: FileLock
    private let own: FileLock

    /// Takes a place; only for who has the gate.
    ///
    /// - Throws: `.inUse` if a process has the store alone, or there are too many that share it;
    ///   `.unreadable` if the file system gives no locks.
    init(store: String, period: ChangeNotes.Period = ChangeNotes.Period()) throws {
        self.store = store
        let path = SideFiles.lock(store)
        guard let shared = try FileLock.take(.shared, path, for: store) else {
            throw StorageError(
                .inUse,
                "\(store) is open for writing in another process that does not share it; start "
                    + "that with --shared too, stop it, or use another file")
        }
        var own: (lock: FileLock, slot: Int)?
        for slot in 1...SideFiles.slotLimit {
            let path = SideFiles.slot(slot, store)
            guard let lock = try FileLock.take(.exclusive, path, for: store) else { continue }
            own = (lock, slot)
            break
        }
        guard let own else {
            throw StorageError(
                .inUse,
                "\(store) is shared by \(SideFiles.slotLimit) processes already; stop one of them")
        }
        self.shared = shared
        self.own = own.lock
        slot = own.slot
        notes = ChangeNotes(store: store, slot: own.slot, period: period)
        lease = LinkLease(store: store)
    }

    /// Checks that nobody can have taken the place meanwhile.
    ///
    /// If somebody removes the files, the next process would take the same ones again, and write
    /// under the same source.
    func requireHeld() throws {
        guard shared.isInPlace, own.isInPlace else {
            throw StorageError(
                .writeFailed,
                "cannot write \(store): \(shared.isInPlace ? own.path : shared.path) was removed "
                    + "while the store was shared, so another process may have taken its place; "
                    + "close the store and open it again")
        }
    }

    /// Ends the notes and the lease, before the store is closed.
    func end() {
        notes.end()
        lease.end()
    }

    /// Returns whether this is the last of those that share the store; then nobody else can open it
    /// before ``removeFiles()``.
    ///
    /// Only for who has the gate, and has closed the store. If it is not the last, the place is
    /// free.
    func isLast() -> Bool { shared.isInPlace && shared.becomeExclusive() }

    /// Removes the files next to the store.
    func removeFiles() {
        SideFiles.remove(store)
        shared.remove()
    }

    // MARK: The gate

    /// How long to wait for others that are opening or closing the store: 5 s.
    private static let patience = 5_000

    /// Waits until nobody else is opening or closing the store.
    ///
    /// That takes them a few file operations. It blocks, as opening a store does anyway. Whoever
    /// leaves removes the file, so that none is left behind.
    ///
    /// - Throws: `.inUse` after 5 s.
    static func enterGate(_ store: String) throws -> FileLock {
        for _ in 0..<patience / 2 {
            let path = SideFiles.gate(store)
            if let gate = try FileLock.take(.exclusive, path, for: store) { return gate }
            sqlite3_sleep(2)
        }
        throw StorageError(
            .inUse, "\(store) is being opened or closed by another process for long; try again")
    }

    /// The same without blocking; `nil` after 5 s or an error.
    static func enterGateAsync(_ store: String) async -> FileLock? {
        for _ in 0..<patience / 2 {
            let path = SideFiles.gate(store)
            do {
                if let gate = try FileLock.take(.exclusive, path, for: store) { return gate }
            } catch {
                return nil
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return nil
    }
}

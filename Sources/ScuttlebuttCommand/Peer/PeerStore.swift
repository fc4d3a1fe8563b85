// SPDX-License-Identifier: MIT

import ArgumentParser
import ScuttlebuttSQLite

/// The store file of a peer, and whether other processes may write it too.
struct PeerStore: Sendable {
    let path: String
    var isShared = false

    /// Opens the file, and creates it if there is none.
    ///
    /// - Throws: A `StorageError`.
    func open() throws -> SQLiteStorage {
        try SQLiteStorage.open(path, mode: isShared ? .shared : .createIfMissing)
    }
}

/// The option of every command that can share its store with other processes.
struct SharingArguments: ParsableArguments {
    @Flag(
        name: .customLong("shared"),
        help: ArgumentHelp(
            "Other processes may write the store too, if they use this option: each has an "
                + "identity of its own, and one of them connects for all."))
    var isShared = false

    /// Checks what cannot be combined.
    ///
    /// - Parameter hasStore: Whether there is a store.
    func check(id: String?, hasStore: Bool) throws {
        guard isShared else { return }
        if id != nil {
            throw ValidationError(
                "--shared and --id cannot be combined: the store has an identity for each process")
        }
        if !hasStore { throw ValidationError("--shared requires --store") }
    }
}

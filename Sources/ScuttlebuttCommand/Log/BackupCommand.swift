// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import ScuttlebuttRuntime
import ScuttlebuttSQLite

/// `scuttlebutt backup STORE FILE`: copies a store while it may be in use.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a store to a file, also while a server is using it.",
        discussion: """
            The copy is the store at one moment, checked and written to disk before it appears \
            under its name. To restore it, stop the program and put the copy in the store's place. \
            It has the store's identity: never run two programs on copies of one store.

              scuttlebutt backup scuttlebutt.sqlite /backups/monday.sqlite
            """)

    @Argument(
        help: "Store to copy; a server may be using it at the same time.", completion: .file())
    var store: String

    @Argument(help: "File to write.", completion: .file())
    var file: String

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @Flag(help: "Print {\"actions\":n,\"bytes\":n} to stdout.")
    var json = false

    func run() async throws {
        let (store, file, force, json) = (store, file, force, json)
        try await Interruption.watch(on: OwnThread()) {
            guard try StoreFile.kind(of: store) == .store else {
                throw CommandError("cannot back up \(store): it is not a store")
            }
            var status = stat()
            if stat(file, &status) == 0 {
                guard status.st_mode & S_IFMT == S_IFREG else {
                    throw CommandError("cannot write \(file): it is not a regular file")
                }
                guard force else {
                    throw CommandError(
                        "\(file) exists; use --force to replace it, or choose another file")
                }
            }
            guard BackupCommand.identity(store) != BackupCommand.identity(file) else {
                throw CommandError("cannot back up \(store) to itself; choose another file")
            }
            let size = BackupCommand.byteCount(store)
            if size > 100 << 20, isatty(2) == 1 {
                StandardError.shared.note("copying \(size >> 20) MB …")
            }
            let count = try SQLiteStorage.backUp(store, to: file)
            StandardError.shared.note("backed up \(count) actions to \(file)")
            if json {
                let text = "{\"actions\":\(count),\"bytes\":\(BackupCommand.byteCount(file))}\n"
                try StandardOutput.shared.writeNow(Array(text.utf8))
            }
        }
    }

    private static func byteCount(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Device and file number, or `nil` for a missing file.
    private static func identity(_ path: String) -> [UInt64]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}

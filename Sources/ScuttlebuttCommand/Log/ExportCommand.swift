// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// `scuttlebutt export STORE --output FILE`: writes a store as a file of wire lines.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a store as a file of wire lines, in agreed order.",
        discussion: """
            The output file is written completely or not at all. An existing file of wire lines is \
            replaced; any other file only with --force. Use --output - to write to stdout.

              scuttlebutt export scuttlebutt.sqlite --output actions.log
            """)

    @Argument(
        help: "Store to export; a server may be using it at the same time.",
        completion: .file())
    var store: String

    @Option(help: "File to write, or '-' for stdout.", completion: .file())
    var output: String

    @Flag(help: "Replace the output file even if it is not a file of wire lines.")
    var force = false

    @Flag(help: "Print {\"exported\":n} to stdout.")
    var json = false

    func run() async throws {
        let (store, output, force, json) = (store, output, force, json)
        try await Interruption.watch(on: OwnThread()) {
            let file = try LogFile(store, rules: .upstream)
            let count: Int
            if output == "-" {
                // Both may be the same terminal.
                let run = ExportRun(file: file, progress: ProgressLine(isShown: false))
                count = try await run.write(toNew: "/dev/stdout")
            } else {
                let target = try ExportTarget(output, source: store, force: force)
                count = try await target.replace { path in
                    try await ExportRun(file: file, progress: ProgressLine()).write(toNew: path)
                }
                StandardError.shared.endProgress()
            }
            StandardError.shared.note("exported \(count) actions")
            if json, output != "-" {
                try StandardOutput.shared.writeNow(Array("{\"exported\":\(count)}\n".utf8))
            }
            try file.requireNewest()
        }
    }
}

/// The destination of an export.
private struct ExportTarget {
    /// The path of the file, with symbolic links resolved.
    private let path: String
    /// Whether it is a device or a pipe, which is written to instead of replaced.
    private let isSpecial: Bool

    init(_ output: String, source: String, force: Bool) throws {
        path = ExportTarget.resolved(output)
        var status = stat()
        guard stat(path, &status) == 0 else {
            isSpecial = false
            return
        }
        let format = status.st_mode & S_IFMT
        guard format != S_IFDIR else {
            throw CommandError("cannot write \(output): it is a directory; specify a file")
        }
        isSpecial = format != S_IFREG
        if isSpecial { return }
        guard path != ExportTarget.resolved(source) else {
            throw CommandError(
                "cannot export to \(output): it is the store itself; specify another file")
        }
        let kind = try StoreFile.kind(of: path)
        guard force || kind == .lines || kind == .empty else {
            throw CommandError(
                "cannot replace \(output): it is \(kind == .store ? "a store" : "not a log"); use "
                    + "--force to replace it anyway")
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let whole = realpath(path, nil) else { return path }
        defer { free(whole) }
        return String(cString: whole)
    }

    /// Has `write` write a temporary file next to the target, and renames it over the target.
    func replace(_ write: (String) async throws -> Int) async throws -> Int {
        if isSpecial { return try await write(path) }
        let draft = "\(path).\(getpid()).part"
        do {
            let count = try await write(draft)
            guard rename(draft, path) == 0 else {
                throw CommandError(
                    "cannot write \(path): \(FileCause.describe(errno, path: path))")
            }
            return count
        } catch {
            unlink(draft)
            throw error
        }
    }
}

/// One export of a log.
private struct ExportRun {
    let file: LogFile
    let progress: ProgressLine

    /// Writes all updates to a file, synchronises it to disk, and returns their number.
    func write(toNew path: String) async throws -> Int {
        let writer = try WireLineWriter(appendingTo: path)
        let count = Mutex(0)
        do {
            try await AgreedOrder(file: file).forEach { updates in
                try Task.checkCancellation()
                var block = WireBlock()
                let wire = ClassicWire(rules: .upstream)
                for update in updates { wire.append(update, to: &block) }
                try writer.append(OutboundLines(bytes: block.bytes, ends: block.ends))
                let count = count.withLock { count in
                    count += updates.count
                    return count
                }
                progress.show("\(count) actions")
            }
            try writer.close()
        } catch {
            try? writer.close()
            throw error
        }
        return count.withLock { $0 }
    }
}

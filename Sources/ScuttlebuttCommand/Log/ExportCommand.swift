// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `scuttlebutt export STORE --output FILE`: writes a store as a file of wire lines.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a store as a file of wire lines, in agreed order.",
        discussion: """
            FILE appears complete or not at all; a file of wire lines that is there already is \
            replaced, anything else only with --force. With '-' the lines go to stdout.

              scuttlebutt export scuttlebutt.sqlite --output actions.log
            """)

    @Argument(help: "A store, also one that a server is writing.", completion: .file())
    var store: String

    @Option(help: "The file to write.", completion: .file())
    var output: String

    @Flag(help: "Replace FILE whatever it is.")
    var force = false

    @Flag(help: "Print {\"exported\":n}.")
    var json = false

    func run() async throws {
        let (store, output, force, json) = (store, output, force, json)
        try await Interruption.watch(on: OwnThread()) {
            let file = try LogFile(store, rules: .upstream)
            let count: Int
            if output == "-" {
                count = try await ExportRun(file: file).write(toNew: "/dev/stdout")
            } else {
                let target = try ExportTarget(output, source: store, force: force)
                count = try await target.replace { path in
                    try await ExportRun(file: file).write(toNew: path)
                }
            }
            StandardError.shared.note("\(count) actions exported.")
            if json, output != "-" {
                try StandardOutput.shared.writeNow(Array("{\"exported\":\(count)}\n".utf8))
            }
        }
    }
}

/// Where an export goes.
private struct ExportTarget {
    /// The file itself, links resolved.
    private let path: String
    /// A device or a pipe, which is written to and not replaced.
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
            throw CommandFailure("\(output) is a folder; name the file to write.")
        }
        isSpecial = format != S_IFREG
        if isSpecial { return }
        guard path != ExportTarget.resolved(source) else {
            throw CommandFailure("\(output) is the store itself; name another file.")
        }
        let kind = try StoreFile.kind(of: path)
        guard force || kind == .lines || kind == .empty else {
            throw CommandFailure(
                "\(output) is \(kind == .store ? "a store" : "a file of another kind"), which "
                    + "the export would replace; give --force if that is meant.")
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let whole = realpath(path, nil) else { return path }
        defer { free(whole) }
        return String(cString: whole)
    }

    /// Lets `write` make a draft beside the file and puts it in the file's place.
    func replace(_ write: (String) async throws -> Int) async throws -> Int {
        if isSpecial { return try await write(path) }
        let draft = "\(path).\(getpid()).part"
        do {
            let count = try await write(draft)
            guard rename(draft, path) == 0 else {
                throw CommandFailure(
                    "\(path) could not be written: \(String(cString: strerror(errno))).")
            }
            return count
        } catch {
            unlink(draft)
            throw error
        }
    }
}

/// The writing of one export.
private struct ExportRun {
    let file: LogFile

    /// Writes all updates to a file and returns how many they were; durable on return.
    func write(toNew path: String) async throws -> Int {
        let writer = try WireLineWriter(appendingTo: path)
        let count = Mutex(0)
        do {
            let isStored = try await AgreedOrder(file: file).isStored()
            let body: @Sendable ([Update]) throws -> Void = { updates in
                try Task.checkCancellation()
                var block = WireBlock()
                let wire = ClassicWire(rules: .upstream)
                for update in updates { wire.append(update, to: &block) }
                try writer.append(OutboundLines(bytes: block.bytes, ends: block.ends))
                count.withLock { $0 += updates.count }
            }
            if isStored {
                try await AgreedOrder(file: file).forEach(restart: {}, body)
            } else {
                let updates = try await AgreedOrder(file: file).sorted()
                for start in stride(from: 0, to: updates.count, by: LogFile.batchLimit) {
                    try body(Array(updates[start..<min(start + LogFile.batchLimit, updates.count)]))
                }
            }
            try writer.close()
        } catch {
            try? writer.close()
            throw error
        }
        return count.withLock { $0 }
    }
}

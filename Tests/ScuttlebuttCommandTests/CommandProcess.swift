// SPDX-License-Identifier: MIT

import Foundation
import Synchronization
import Testing

/// The built binary, driven as other programs drive it.
final class CommandProcess: Sendable {
    struct Result {
        let code: Int32
        let output: [String]
        let errors: String
    }

    private let process: Mutex<Process>
    private let input: FileHandle
    private let errors: FileHandle
    private let lines: LineQueue

    /// The binary lies beside the test bundle.
    static let binary: URL = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        for argument in [Bundle.main.bundlePath] + CommandLine.arguments {
            folder = URL(fileURLWithPath: argument).resolvingSymlinksInPath()
            while folder.path != "/" {
                let candidate = folder.appendingPathComponent("scuttlebutt")
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(
                    atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue
                {
                    return candidate
                }
                folder.deleteLastPathComponent()
            }
        }
        return URL(fileURLWithPath: "/nonexistent/scuttlebutt")
    }()

    init(_ arguments: [String], in folder: URL? = nil) throws {
        let process = Process()
        process.executableURL = CommandProcess.binary
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder }
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        self.input = input.fileHandleForWriting
        self.errors = errors.fileHandleForReading
        lines = LineQueue(output.fileHandleForReading)
        self.process = Mutex(process)
    }

    /// A test that fails leaves no process behind.
    deinit {
        process.withLock { process in if process.isRunning { process.terminate() } }
    }

    /// Runs to the end with this input.
    static func run(
        _ arguments: [String], input: String = "", in folder: URL? = nil
    ) async throws -> Result {
        let run = try CommandProcess(arguments, in: folder)
        run.send(input)
        run.endInput()
        return await run.finish()
    }

    func send(_ text: String) {
        try? input.write(contentsOf: Data(text.utf8))
    }

    func endInput() { try? input.close() }

    /// The next line of the output; `nil` at its end.
    func line() async -> String? { await lines.next() }

    /// Sends one command and reads its answer.
    func ask(_ command: String) async -> String? {
        send(command + "\n")
        return await line()
    }

    /// Asks again and again until the answer is as wanted.
    func ask(_ command: String, until isWanted: (String) -> Bool) async throws -> String {
        for _ in 0..<20_000 {
            guard let answer = await ask(command) else { break }
            if isWanted(answer) { return answer }
            await Task.yield()
        }
        throw Unanswered(command: command)
    }

    struct Unanswered: Error { let command: String }

    func terminate() { process.withLock { $0.terminate() } }
    func interrupt() { process.withLock { $0.interrupt() } }
    func kill() {
        process.withLock { process in _ = Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    /// Waits for the end, with the output that was not read yet.
    func finish() async -> Result {
        var output: [String] = []
        while let line = await line() { output.append(line) }
        let errors = self.errors
        let text = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = (try? errors.readToEnd()) ?? Data()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
        let code = process.withLock { process in
            process.waitUntilExit()
            return process.terminationStatus
        }
        return Result(code: code, output: output, errors: text)
    }
}

/// The lines of a pipe, read by a thread of its own.
private final class LineQueue: Sendable {
    private struct State {
        var lines: [String] = []
        var hasEnded = false
        var waiter: CheckedContinuation<String?, Never>?
    }

    private let state = Mutex(State())

    init(_ file: FileHandle) {
        DispatchQueue(label: "lines").async { [self] in
            var rest = Data()
            while true {
                let data = file.availableData
                if data.isEmpty { break }
                rest += data
                while let end = rest.firstIndex(of: 0x0A) {
                    deliver(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            let waiter = state.withLock { state in
                state.hasEnded = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    private func deliver(_ line: String) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.lines.append(line) }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: line)
    }

    func next() async -> String? {
        await withCheckedContinuation { continuation in
            let line: String?? = state.withLock { state in
                if !state.lines.isEmpty { return .some(state.lines.removeFirst()) }
                if state.hasEnded { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let line { continuation.resume(returning: line) }
        }
    }
}

/// A folder that is gone after the test.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("scuttlebutt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

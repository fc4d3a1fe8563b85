// SPDX-License-Identifier: MIT

import Foundation
import TestSupport

/// The built binary, driven as other programs drive it.
final class CommandProcess: Sendable {
    private let child: ChildProcess

    init(_ arguments: [String], in folder: URL? = nil) throws {
        child = ChildProcess(
            try BuiltProgram.path("scuttlebutt"), arguments, in: folder?.path)
    }

    /// Runs to the end with this input.
    static func run(
        _ arguments: [String], input: String = "", in folder: URL? = nil
    ) async throws -> ChildProcess.Result {
        let run = try CommandProcess(arguments, in: folder)
        run.send(input)
        run.endInput()
        return await run.finish()
    }

    func send(_ text: String) { child.send(text) }
    func endInput() { child.endInput() }

    /// The next line of the output; `nil` at its end.
    func line() async -> String? { await child.line() }

    /// Sends one command and reads its answer.
    func ask(_ command: String) async -> String? {
        send(command + "\n")
        return await line()
    }

    /// Asks again and again until the answer is as wanted.
    func ask(_ command: String, until isWanted: (String) -> Bool) async throws -> String {
        try await until("\(command) is answered as wanted") {
            guard let answer = await ask(command) else { throw Ended(command: command) }
            return isWanted(answer) ? answer : nil
        }
    }

    /// The program ended instead of answering.
    struct Ended: Error { let command: String }

    func terminate() { child.terminate() }
    func interrupt() { child.interrupt() }
    func kill() { child.kill() }

    /// Waits for the end, with the output that was not read yet.
    func finish() async -> ChildProcess.Result { await child.finish() }
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

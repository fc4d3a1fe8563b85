// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// One of the built examples, driven as a person drives it.
final class ExampleProcess: Sendable {
    private let process: Mutex<Process>
    private let input: FileHandle
    private let output: AsyncStream<String>

    /// The built programs lie beside the test bundle.
    private static func binary(_ name: String) throws -> URL {
        for argument in [Bundle.main.bundlePath] + CommandLine.arguments {
            var folder = URL(fileURLWithPath: argument).resolvingSymlinksInPath()
            while folder.path != "/" {
                let candidate = folder.appendingPathComponent(name)
                let values = try? candidate.resourceValues(forKeys: [.isRegularFileKey])
                if values?.isRegularFile == true { return candidate }
                folder.deleteLastPathComponent()
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    init(_ name: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = try Self.binary(name)
        process.arguments = arguments
        let (input, pipe) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = pipe
        let (output, line) = AsyncStream<String>.makeStream()
        let reading = pipe.fileHandleForReading
        let thread = Thread {
            var rest: [UInt8] = []
            while true {
                let data = reading.availableData
                guard !data.isEmpty else { break }
                rest += data
                while let end = rest.firstIndex(of: 0x0A) {
                    line.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeFirst(end + 1)
                }
            }
            line.finish()
        }
        try process.run()
        thread.start()
        self.process = Mutex(process)
        self.input = input.fileHandleForWriting
        self.output = output
    }

    func type(_ line: String) throws { try input.write(contentsOf: Data("\(line)\n".utf8)) }

    /// Waits until the program shows this line; `false` when it ends before.
    func shows(_ wanted: String) async -> Bool {
        for await line in output where line == wanted { return true }
        return false
    }

    /// Ends the input and waits for the end of the program.
    func finish() async throws -> Int32 {
        try input.close()
        for await _ in output {}
        return process.withLock { process in
            process.waitUntilExit()
            return process.terminationStatus
        }
    }
}

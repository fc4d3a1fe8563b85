// SPDX-License-Identifier: MIT

import Dispatch
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A program that a test drives by lines, as a person or another program would.
///
/// Everything about it is awaited: no thread waits for the child. What is to be done for it is done
/// on a thread that nobody else needs, so it is reaped as soon as it ends, however many tests wait
/// for their turn in the pool. The testing library spins while a child is not reaped.
public final class ChildProcess: Sendable {
    /// How a child ended, and what it wrote.
    public struct Result: Sendable {
        /// The exit code; 128 and the signal's number after a signal, as shells have it.
        public let code: Int32
        /// The lines of the output that nobody had read.
        public let output: [String]
        /// Everything it wrote to standard error.
        public let errors: String
    }

    private typealias Running = Execution<CustomWriteInput, SequenceOutput, StringOutput<UTF8>>

    private let input: AsyncStream<[UInt8]>.Continuation
    private let signals: AsyncStream<Signal>.Continuation
    private let lines: AsyncStream<String>
    private let ending: Task<(code: Int32, errors: String), Never>

    /// Starts a program; one that cannot be started ends with the code -1 and says why.
    public init(_ path: String, _ arguments: [String], in folder: String? = nil) {
        _ = ChildProcess.ignoresClosedPipes
        let (input, inputEnd) = AsyncStream<[UInt8]>.makeStream()
        let (signals, signalEnd) = AsyncStream<Signal>.makeStream()
        let (lines, lineEnd) = AsyncStream<String>.makeStream()
        (self.input, self.signals, self.lines) = (inputEnd, signalEnd, lines)
        ending = Task(executorPreference: ChildExecutor.shared) {
            defer { lineEnd.finish() }
            do {
                let result = try await run(
                    .path(FilePath(path)), arguments: Arguments(arguments),
                    workingDirectory: folder.map { FilePath($0) },
                    input: .inputWriter, output: .sequence, error: .string(limit: 1 << 20)
                ) { try await ChildProcess.drive($0, input, signals, lineEnd) }
                switch result.terminationStatus {
                case .exited(let code): return (code, result.standardError)
                case .signaled(let signal): return (128 + signal, result.standardError)
                }
            } catch {
                return (-1, "\(error)")
            }
        }
    }

    /// A test that fails leaves no process behind.
    deinit { signals.yield(.kill) }

    /// Passes on what comes and goes, until the output ends.
    private static func drive(
        _ child: Running, _ input: AsyncStream<[UInt8]>, _ signals: AsyncStream<Signal>,
        _ line: AsyncStream<String>.Continuation
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // A child that has ended reads no more; the test sees that from its ending.
                for await bytes in input { _ = try? await child.standardInputWriter.write(bytes) }
                try? await child.standardInputWriter.finish()
            }
            group.addTask {
                for await signal in signals { try? child.send(signal: signal) }
            }
            var rest: [UInt8] = []
            for try await chunk in child.standardOutput {
                rest += chunk.withUnsafeBytes { Array($0) }
                var start = 0
                while let end = rest[start...].firstIndex(of: 0x0A) {
                    line.yield(String(decoding: rest[start..<end], as: UTF8.self))
                    start = end + 1
                }
                rest.removeFirst(start)
            }
            if !rest.isEmpty { line.yield(String(decoding: rest, as: UTF8.self)) }
            line.finish()
            group.cancelAll()
        }
    }

    /// Writing to a child that has ended is an error, and not the end of the tests.
    private static let ignoresClosedPipes: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return true
    }()

    // MARK: Driving it

    /// Writes to its standard input, after everything that was written before.
    public func send(_ text: String) { input.yield(Array(text.utf8)) }

    /// Ends its standard input.
    public func endInput() { input.finish() }

    /// The next line of its output; `nil` at the end.
    public func line() async -> String? {
        var iterator = lines.makeAsyncIterator()
        return await iterator.next()
    }

    /// Sends SIGTERM.
    public func terminate() { signals.yield(.terminate) }

    /// Sends SIGINT.
    public func interrupt() { signals.yield(.interrupt) }

    /// Sends SIGKILL.
    public func kill() { signals.yield(.kill) }

    /// Waits for the end; a test that is cancelled kills the child first.
    public func finish() async -> Result {
        var output: [String] = []
        while let line = await line() { output.append(line) }
        let (code, errors) = await withTaskCancellationHandler {
            await ending.value
        } onCancel: {
            kill()
        }
        return Result(code: code, output: output, errors: errors)
    }
}

/// Runs what is to be done for children.
private final class ChildExecutor: TaskExecutor {
    static let shared = ChildExecutor()
    private let queue = DispatchQueue(label: "children")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

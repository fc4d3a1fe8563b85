// SPDX-License-Identifier: MIT

import Dispatch
import Synchronization

/// Output for other programs: whole lines, in the order they are written.
///
/// A reader that stops reading suspends the writing task but never blocks a thread of the runtime.
final class StandardOutput: Sendable {
    static let shared = StandardOutput()

    private let queue = DispatchQueue(label: "scuttlebutt.output")
    private let file: CInt

    init(file: CInt = STDOUT_FILENO) { self.file = file }

    /// Writes one line, given without its newline, and waits until it is written.
    ///
    /// - Throws: ``OutputClosedError``; ``CommandError``, for example if the disk is full;
    ///   `CancellationError` if the task is cancelled, although the line may still be written.
    func write(line: [UInt8]) async throws {
        let pending = PendingWrite()
        let bytes = line + [0x0A]
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                pending.begin(continuation)
                queue.async { [self] in
                    pending.settle(Result { try Descriptor.write(bytes, to: file) })
                }
            }
        } onCancel: {
            pending.settle(.failure(CancellationError()))
        }
    }

    /// Writes complete lines, blocking the thread; for subcommands that run on their own thread.
    func writeNow(_ bytes: [UInt8]) throws {
        try queue.sync { try Descriptor.write(bytes, to: file) }  // only from a verb's own thread
    }

    /// Waits up to 500 ms for pending lines to be written.
    func drain() async { await queue.drain() }
}

extension DispatchQueue {
    /// Waits up to 500 ms for what was submitted to be done.
    func drain() async {
        let pending = PendingWrite()
        try? await withCheckedThrowingContinuation { continuation in
            pending.begin(continuation)
            async { pending.settle(.success(())) }
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(500)) {
                pending.settle(.success(()))
            }
        }
    }
}

/// A write awaited by a task, which ends when it is done or the task is cancelled.
private final class PendingWrite: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, any Error>?
        var result: Result<Void, any Error>?
    }

    private let state = Mutex(State())

    func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        let result = state.withLock { state in
            if state.result == nil { state.continuation = continuation }
            return state.result
        }
        if let result { continuation.resume(with: result) }
    }

    func settle(_ result: Result<Void, any Error>) {
        let continuation = state.withLock { state in
            if state.result == nil { state.result = result }
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}

// SPDX-License-Identifier: MIT

import Dispatch
import ScuttlebuttRelay
import Synchronization

/// Output for other programs: whole lines, in the order they are written.
///
/// A reader that stops reading suspends the writing task but never blocks a thread of the runtime.
final class StandardOutput: Sendable {
    static let shared = StandardOutput()

    private let queue = DispatchQueue(label: "scuttlebutt.output")
    private let file: CInt
    private let console = Mutex<Console?>(nil)

    init(file: CInt = STDOUT_FILENO) { self.file = file }

    /// Lets a terminal print the lines from now on; `nil` to print them here again.
    func attach(_ console: Console?) { self.console.withLock { $0 = console } }

    /// Writes one line, given without its newline, and waits until it is written.
    ///
    /// - Throws: ``OutputClosedError``; ``CommandError``, for example if the disk is full;
    ///   `CancellationError` if the task is cancelled, although the line may still be written.
    func write(line: [UInt8]) async throws {
        let pending = OneResult<Void>()
        let bytes = line + [0x0A]
        try await withTaskCancellationHandler {
            if let console = console.withLock({ $0 }) {
                console.print(String(decoding: line, as: UTF8.self)) {
                    pending.settle(.success(()))
                }
                return try await pending.get()
            }
            queue.async { [self] in
                pending.settle(Result { try Descriptor.write(bytes, to: file) })
            }
            try await pending.get()
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
        let done = OneResult<Void>()
        async { done.settle(.success(())) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(500)) {
            done.settle(.success(()))
        }
        try? await done.get()
    }
}

// SPDX-License-Identifier: MIT

import Dispatch
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into cancellation of a task, so that every subcommand can save
/// its data and end cleanly.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Runs `body` and cancels it on a signal; its `CancellationError` then counts as success.
    ///
    /// - Parameter secondLimit: How many seconds `body` may take to end after a signal before the
    ///   process exits with code 0. Use `nil` for subcommands that have data to save.
    /// - Parameter thread: Where `body` runs; `nil` for the pool, which it must not block.
    static func watch(
        secondLimit: Int? = nil, on thread: OwnThread? = nil,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let target = Target()
        let queue = DispatchQueue(label: "scuttlebutt.signals")
        let registered = signals.map { _ in Latch() }
        let sources = zip(signals, registered).compactMap {
            number, latch -> (any DispatchSourceSignal)? in
            let previous = signal(number, SIG_IGN)
            // A process started with nohup must survive its terminal.
            if number == SIGHUP, isIgnored(previous) {
                latch.open()
                return nil
            }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                target.cancel()
                if let secondLimit {
                    queue.asyncAfter(deadline: .now() + .seconds(secondLimit)) { exit(0) }
                }
            }
            // Dispatch registers it later, on a thread of its own; a signal before that is lost.
            source.setRegistrationHandler { latch.open() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        for latch in registered { await latch.wait() }
        // Only now: whoever hears the first answer may send a signal at once.
        let task = Task(executorPreference: thread) { try await body() }
        target.set(task)
        try await task.value
    }

    /// The task to cancel, which may begin after the first signal.
    private final class Target: Sendable {
        private let state = Mutex<(task: Task<Void, any Error>?, isCancelled: Bool)>((nil, false))

        func set(_ task: Task<Void, any Error>) {
            let isCancelled = state.withLock { state in
                state.task = task
                return state.isCancelled
            }
            if isCancelled { task.cancel() }
        }

        func cancel() {
            let task = state.withLock { state in
                state.isCancelled = true
                return state.task
            }
            task?.cancel()
        }
    }

    private static func isIgnored(_ handler: (@convention(c) (CInt) -> Void)?) -> Bool {
        unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

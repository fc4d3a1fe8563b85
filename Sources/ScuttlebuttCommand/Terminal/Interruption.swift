// SPDX-License-Identifier: MIT

import Dispatch

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
        let task = Task(executorPreference: thread) { try await body() }
        let queue = DispatchQueue(label: "scuttlebutt.signals")
        let sources = signals.compactMap { number -> (any DispatchSourceSignal)? in
            let previous = signal(number, SIG_IGN)
            // A process started with nohup must survive its terminal.
            if number == SIGHUP, isIgnored(previous) { return nil }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                task.cancel()
                if let secondLimit {
                    queue.asyncAfter(deadline: .now() + .seconds(secondLimit)) { exit(0) }
                }
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        try await task.value
    }

    private static func isIgnored(_ handler: (@convention(c) (CInt) -> Void)?) -> Bool {
        unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

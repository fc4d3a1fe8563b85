// SPDX-License-Identifier: MIT

import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// SIGINT, SIGTERM and SIGHUP as the cancellation of a task, so that every verb ends in its own
/// time, with everything saved.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Runs `body`; a signal cancels it, and its `CancellationError` is then the ordinary end.
    ///
    /// - Parameter secondLimit: How long `body` may take to end after a signal; beyond it the
    ///   process ends at once, as done. For verbs that have nothing to save; `nil` for the others.
    /// - Parameter thread: Where `body` runs; `nil` for the pool, which it must not block.
    static func watch(
        secondLimit: Int? = nil, on thread: OwnThread? = nil,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let task = Task(executorPreference: thread) { try await body() }
        let queue = DispatchQueue(label: "scuttlebutt.signals")
        let sources = signals.compactMap { number -> (any DispatchSourceSignal)? in
            let previous = signal(number, SIG_IGN)
            // What was started with nohup shall survive its terminal.
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

/// A door that opens once; those who wait for it go on when it opens or they are cancelled.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    /// Whether it was opened.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Opens it.
    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until it is open, or the task is cancelled.
    func wait() async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.isOpen || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}

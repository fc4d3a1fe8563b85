// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Synchronization

/// Reads the lines of a link with a limit of time, and loses none: what was read too late or is for
/// somebody else is read by the session afterwards.
///
/// Used by one task at a time.
final class LinkReader: Sendable {
    /// Why reading has ended.
    enum Failure: Error {
        /// The peer was silent for too long.
        case silent
        /// The connection has ended.
        case ended
        /// More came that is for the session than may wait.
        case tooMuch
    }

    private struct State: Sendable {
        /// Lines for the session, in the order in which they came.
        var kept: [InboundLines] = []
        var keptByteCount = 0
        /// A read that goes on although nobody waits for it any longer.
        var pending: Task<InboundLines?, any Error>?
    }

    /// The most bytes that wait for the session: 8 MiB.
    static var keptByteLimit: Int { 8 << 20 }

    private let link: any Link
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    init(_ link: any Link, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.link = link
        self.sleep = sleep
    }

    /// Returns the next lines from the link.
    ///
    /// - Throws: ``Failure``, or what the link throws.
    func next(within limit: Duration) async throws -> InboundLines {
        let pending = state.withLock { state in
            let task = state.pending ?? Task { [link] in try await link.receive() }
            state.pending = task
            return task
        }
        let outcome = FirstOutcome<Result<InboundLines?, any Error>?>()
        let reading = Task { outcome.settle(await pending.result) }
        let waiting = Task { [sleep] in
            try? await sleep(limit)
            outcome.settle(nil)
        }
        defer {
            reading.cancel()
            waiting.cancel()
        }
        let result = await withTaskCancellationHandler {
            await outcome.value
        } onCancel: {
            outcome.settle(nil)
        }
        guard let result else { throw Failure.silent }
        state.withLock { $0.pending = nil }
        switch result {
        case .success(let lines?): return lines
        case .success(nil):
            // The session is to see the end as well.
            state.withLock { $0.pending = Task { nil } }
            throw Failure.ended
        case .failure(let error):
            state.withLock { $0.pending = Task { throw error } }
            throw error
        }
    }

    /// Keeps lines for the session.
    func keep(_ lines: InboundLines) throws {
        guard lines.count > 0 else { return }
        let isTooMuch = state.withLock { state in
            state.kept.append(lines)
            state.keptByteCount += lines.bytes.count
            return state.keptByteCount > Self.keptByteLimit
        }
        if isTooMuch { throw Failure.tooMuch }
    }

    /// Returns the lines that were kept, then those of the link.
    func receive() async throws -> InboundLines? {
        let kept: InboundLines? = state.withLock { state in
            state.kept.isEmpty ? nil : state.kept.removeFirst()
        }
        if let kept { return kept }
        let pending: Task<InboundLines?, any Error>? = state.withLock { state in
            defer { state.pending = nil }
            return state.pending
        }
        if let pending { return try await pending.value }
        return try await link.receive()
    }
}

/// The first of several outcomes.
private final class FirstOutcome<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case settled(Value)
    }

    private let state = Mutex(State.open)

    func settle(_ value: Value) {
        let continuation: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .settled(value)
                return nil
            case .awaited(let continuation):
                state = .settled(value)
                return continuation
            case .settled:
                return nil
            }
        }
        continuation?.resume(returning: value)
    }

    /// The first outcome; only one task waits for it.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let settled: Value? = state.withLock { state in
                    if case .settled(let value) = state { return value }
                    state = .awaited(continuation)
                    return nil
                }
                if let settled { continuation.resume(returning: settled) }
            }
        }
    }
}

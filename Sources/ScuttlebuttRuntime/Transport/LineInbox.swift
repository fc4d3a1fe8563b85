// SPDX-License-Identifier: MIT

import Synchronization

/// The lines that have arrived on a link and have not been read yet.
///
/// One mutex guards all state. Delivering never waits: the caller learns whether there is room and
/// must stop reading from its peer if there is none. Continuations are resumed after the lock has
/// been released.
package final class LineInbox: Sendable {
    private enum End {
        case ended
        case failed(LinkError)
    }

    private struct State {
        var lines = InboundLines()
        var byteCount = 0
        var end: End?
        var isClosed = false
        var ticket = 0
        var reader: (ticket: Int, continuation: Reader)?
        var writer: (ticket: Int, continuation: Writer)?
    }

    private typealias Reader = CheckedContinuation<InboundLines?, any Error>
    private typealias Writer = CheckedContinuation<Void, any Error>

    /// The number of unread bytes above which the inbox is full.
    ///
    /// Each line counts 16 bytes more than its length, so that a flood of tiny lines is bounded
    /// too.
    package let bound: Int
    private let hasRoom: @Sendable () -> Void
    private let state = Mutex(State())

    /// Creates an empty inbox.
    ///
    /// `hasRoom` is called, on any thread, when a full inbox has been emptied.
    package init(bound: Int, hasRoom: @escaping @Sendable () -> Void = {}) {
        self.bound = bound
        self.hasRoom = hasRoom
    }

    /// Whether more than ``bound`` bytes are waiting.
    package var isFull: Bool { state.withLock { $0.byteCount > bound } }

    /// Whether the reader has closed the inbox.
    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Adds lines, or drops them if the inbox has ended.
    ///
    /// - Returns: Whether there is room for more.
    @discardableResult
    package func deliver(_ lines: InboundLines) -> Bool {
        guard lines.count > 0 else { return !isFull }
        let (reader, room) = state.withLock { state -> (Reader?, Bool) in
            guard state.end == nil, !state.isClosed else { return (nil, true) }
            if let reader = state.reader {
                state.reader = nil
                return (reader.continuation, true)
            }
            if state.lines.ranges.isEmpty {
                state.lines = lines
            } else {
                let offset = state.lines.bytes.count
                state.lines.bytes.append(contentsOf: lines.bytes)
                for range in lines.ranges {
                    state.lines.ranges.append(range.lowerBound + offset..<range.upperBound + offset)
                }
            }
            state.byteCount += lines.bytes.count + 16 * lines.count
            return (nil, state.byteCount <= bound)
        }
        reader?.resume(returning: lines)
        return room
    }

    /// Ends the inbox.
    ///
    /// `receive()` still returns waiting lines, and then returns `nil` or throws `error`. Only the
    /// first call has an effect.
    package func end(_ error: LinkError? = nil) {
        let (reader, writer) = state.withLock { state -> (Reader?, Writer?) in
            guard state.end == nil, !state.isClosed else { return (nil, nil) }
            state.end = error.map { .failed($0) } ?? .ended
            defer { (state.reader, state.writer) = (nil, nil) }
            return (state.reader?.continuation, state.writer?.continuation)
        }
        if let error { reader?.resume(throwing: error) } else { reader?.resume(returning: nil) }
        writer?.resume(throwing: error ?? Self.gone)
    }

    /// Discards waiting lines.
    ///
    /// From now on, `receive()` throws ``LinkError/Code/closed``.
    package func close() {
        let (reader, writer, wasFull) = state.withLock { state -> (Reader?, Writer?, Bool) in
            guard !state.isClosed else { return (nil, nil, false) }
            let wasFull = state.byteCount > bound
            state.isClosed = true
            state.lines = InboundLines()
            state.byteCount = 0
            defer { (state.reader, state.writer) = (nil, nil) }
            return (state.reader?.continuation, state.writer?.continuation, wasFull)
        }
        reader?.resume(throwing: Self.closed)
        writer?.resume(throwing: Self.gone)
        if wasFull { hasRoom() }
    }

    /// Returns all waiting lines, at least one; suspends while there are none.
    package func receive() async throws -> InboundLines? {
        try Task.checkCancellation()
        let ticket = state.withLock { state in
            state.ticket += 1
            return state.ticket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                receive(ticket, continuation)
            }
        } onCancel: {
            let reader = state.withLock { state -> Reader? in
                guard state.reader?.ticket == ticket else { return nil }
                defer { state.reader = nil }
                return state.reader?.continuation
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    private func receive(_ ticket: Int, _ continuation: Reader) {
        enum Outcome {
            case wait
            case failure(any Error)
            case lines(InboundLines?, wasFull: Bool, writer: Writer?)
        }
        let outcome = state.withLock { state -> Outcome in
            if state.isClosed { return .failure(Self.closed) }
            if state.lines.count > 0 {
                let lines = state.lines
                let wasFull = state.byteCount > bound
                state.lines = InboundLines()
                state.byteCount = 0
                defer { state.writer = nil }
                return .lines(lines, wasFull: wasFull, writer: state.writer?.continuation)
            }
            switch state.end {
            case .ended?: return .lines(nil, wasFull: false, writer: nil)
            case .failed(let error)?: return .failure(error)
            case nil: break
            }
            // The cancellation handler may have run before the continuation was stored.
            if Task.isCancelled { return .failure(CancellationError()) }
            precondition(state.reader == nil, "two tasks are receiving on one link")
            state.reader = (ticket, continuation)
            return .wait
        }
        switch outcome {
        case .wait: break
        case .failure(let error): continuation.resume(throwing: error)
        case .lines(let lines, let wasFull, let writer):
            continuation.resume(returning: lines)
            writer?.resume()
            if wasFull { hasRoom() }
        }
    }

    /// Adds lines like ``deliver(_:)``, and suspends while the inbox is full.
    ///
    /// Used by the in-memory link to send.
    ///
    /// - Throws: ``LinkError`` if the lines will never be read.
    package func push(_ lines: InboundLines) async throws {
        try state.withLock { state in
            if state.isClosed || state.end != nil { throw Self.gone }
        }
        if deliver(lines) { return }
        let ticket = state.withLock { state in
            state.ticket += 1
            return state.ticket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Writer) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if state.isClosed || state.end != nil { return .failure(Self.gone) }
                    if state.byteCount <= bound { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    precondition(state.writer == nil, "two tasks are sending on one link")
                    state.writer = (ticket, continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let writer = state.withLock { state -> Writer? in
                guard state.writer?.ticket == ticket else { return nil }
                defer { state.writer = nil }
                return state.writer?.continuation
            }
            writer?.resume(throwing: CancellationError())
        }
    }

    private static let closed = LinkError(.closed, "the link was closed by this side")
    private static let gone = LinkError(.lost, "the peer closed the connection")
}

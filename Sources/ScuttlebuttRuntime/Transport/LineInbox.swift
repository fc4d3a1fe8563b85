// SPDX-License-Identifier: MIT

import Synchronization

/// The lines that have arrived on one link and that nobody has read yet.
///
/// One mutex guards all of it. The side that delivers never waits: it is told whether there is room
/// and must itself stop reading from its peer when there is none. Continuations are resumed after
/// the lock was released.
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

    /// Above so many unread bytes the inbox is full.
    ///
    /// A line costs its bytes and 16 more, so that a flood of tiny lines is bounded too.
    package let bound: Int
    private let hasRoom: @Sendable () -> Void
    private let state = Mutex(State())

    /// Makes an empty inbox; `hasRoom` is called, from any thread, when a full one was emptied.
    package init(bound: Int, hasRoom: @escaping @Sendable () -> Void = {}) {
        self.bound = bound
        self.hasRoom = hasRoom
    }

    /// Whether more than ``bound`` bytes wait.
    package var isFull: Bool { state.withLock { $0.byteCount > bound } }

    /// Whether nobody will read any more.
    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Adds lines; they are dropped when the inbox has ended.
    ///
    /// Returns whether there is room for more.
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

    /// Ends the inbox once: `receive()` still hands out what waits, then `nil`, or throws `error`.
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

    /// Throws away what waits; from now on `receive()` throws ``LinkError/Code/closed``.
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

    /// Everything that waits, at least one line; suspends while there is none.
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
            // The cancellation handler may have run before there was a continuation to resume.
            if Task.isCancelled { return .failure(CancellationError()) }
            precondition(state.reader == nil, "two tasks receive on one link")
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

    /// Adds lines as ``deliver(_:)`` and suspends while the inbox is full: the in-memory link's
    /// send.
    ///
    /// - Throws: ``LinkError`` when nobody will ever read the lines.
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
                    precondition(state.writer == nil, "two tasks send on one link")
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

    private static let closed = LinkError(.closed, "The link was closed on this side.")
    private static let gone = LinkError(
        .lost, "The peer closed the link; it takes no more lines until it is dialled again.")
}

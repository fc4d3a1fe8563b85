// SPDX-License-Identifier: MIT

import Dispatch
import Foundation
import Synchronization

/// Tells the other processes that share a store that something was stored, and hears it from them.
///
/// Each process reads a named pipe of its own, into which the others put a byte after a commit. It
/// says only that there is something to look for in the store, so a byte that finds the pipe full
/// is not needed. As one may be lost nevertheless, for instance because somebody has removed the
/// pipe, the process looks by itself every few seconds too.
final class ChangeNotes: Sendable {
    private final class State: Sendable {
        let content = Mutex(Content())

        func raise() { _ = content.withLock { $0.stream }?.yield() }
    }

    private struct Content {
        /// The pipes of the others by their slots, opened when they were first found.
        var pipes: [Int: CInt] = [:]
        var lastSlot = 1
        var stream: AsyncStream<Void>.Continuation?
        var isClosed = false
    }

    private let store: String
    private let slot: Int
    /// Not kept alive by the sources of events.
    private let state = State()
    /// The sources of events.
    // Proof that it is Sendable: a dispatch source may be used from any thread, and on Apple's
    // systems is declared so.
    private struct Sources: @unchecked Sendable {
        let all: [any DispatchSourceProtocol]
    }

    private let sources: Sources

    /// How often a process looks by itself.
    struct Period: Sendable {
        var withPipe = DispatchTimeInterval.seconds(4)
        /// On a file system without named pipes.
        var withoutPipe = DispatchTimeInterval.seconds(1)
    }

    /// Begins to listen, as the process in a slot.
    init(store: String, slot: Int, period: Period = Period()) {
        self.store = store
        self.slot = slot
        sources = Sources(
            all: ChangeNotes.listen(SideFiles.note(slot, store), period, state))
    }

    private static func listen(
        _ path: String, _ period: Period, _ state: State
    ) -> [any DispatchSourceProtocol] {
        let queue = DispatchQueue(label: "scuttlebutt.notes")
        let raise: @Sendable () -> Void = { [weak state] in state?.raise() }
        let pipe = make(path)
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let period = pipe == nil ? period.withoutPipe : period.withPipe
        timer.schedule(deadline: .now() + period, repeating: period, leeway: .milliseconds(250))
        timer.setEventHandler(handler: raise)
        timer.activate()
        guard let pipe else { return [timer] }
        let source = DispatchSource.makeReadSource(fileDescriptor: pipe, queue: queue)
        source.setEventHandler {
            empty(pipe)
            raise()
        }
        source.setCancelHandler { close(pipe) }
        source.activate()
        return [timer, source]
    }

    deinit { end() }

    /// Tells the others that something was stored.
    ///
    /// It takes one system call for each process that has shared the store since it was last closed
    /// by all.
    func tell() {
        state.content.withLock { state in
            guard !state.isClosed else { return }
            for other in 1...state.lastSlot where other != slot {
                if state.pipes[other] == nil {
                    state.pipes[other] = ChangeNotes.find(SideFiles.note(other, store))
                }
                guard let pipe = state.pipes[other] else { continue }
                var byte: UInt8 = 1
                _ = write(pipe, &byte, 1)
            }
        }
    }

    /// Notes up to which slot there may be others.
    func note(lastSlot: Int) { state.content.withLock { $0.lastSlot = max($0.lastSlot, lastSlot) } }

    /// Returns a sequence with an element whenever there may be something new, beginning now.
    func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        let (former, isClosed) = state.content.withLock { state in
            defer { if !state.isClosed { state.stream = continuation } }
            return (state.stream, state.isClosed)
        }
        former?.finish()
        if isClosed { continuation.finish() } else { continuation.yield() }
        return stream
    }

    /// Ends all of it.
    func end() {
        for source in sources.all { source.cancel() }
        let (stream, pipes) = state.content.withLock { state in
            defer { (state.stream, state.pipes, state.isClosed) = (nil, [:], true) }
            return (state.stream, Array(state.pipes.values))
        }
        stream?.finish()
        for pipe in pipes { close(pipe) }
    }

    // MARK: Pipes

    /// Makes and opens a pipe; `nil` where the file system has none.
    private static func make(_ path: String) -> CInt? {
        if let pipe = find(path) {
            // What was said to a process that has ended means nothing.
            empty(pipe)
            return pipe
        }
        unlink(path)
        return mkfifo(path, 0o600) == 0 ? find(path) : nil
    }

    /// Opens a pipe for reading and writing, so that neither waits for the other, and writing to
    /// one that nobody reads raises no signal.
    private static func find(_ path: String) -> CInt? {
        let pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
        guard pipe >= 0 else { return nil }
        var status = stat()
        guard fstat(pipe, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            close(pipe)
            return nil
        }
        return pipe
    }

    private static func empty(_ pipe: CInt) {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(pipe, &bytes, bytes.count) > 0 {}
    }
}
